// swift-tools-version: 6.2
import Foundation
import PackageDescription

/// The instruction set the compute kernels are built for: `RETORT_CPU` if set (x86-64-v3,
/// x86-64-v4), else the highest level that the processor building the package offers.
let processorLevel: String = {
  if let chosen = Context.environment["RETORT_CPU"], !chosen.isEmpty { return chosen }
  let flags = Set(
    ((try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "")
      .split(separator: "\n").first { $0.hasPrefix("flags") }?.split(separator: " ").map(
        String.init)
      ?? [])
  return flags.isSuperset(of: ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"])
    ? "x86-64-v4" : "x86-64-v3"
}()

/// Which of the kernels' forms is compiled.
let levelSettings: [SwiftSetting] =
  processorLevel == "x86-64-v4" ? [.define("RETORT_KERNELS_V4")] : []

/// Only the engine is compiled for that level, so that the program can start on any processor,
/// look, and say what is wrong (`Processor`) instead of dying of an illegal instruction.
/// Kernels are optimised in debug builds too: without it they are 300 times slower.
let kernelSettings: [SwiftSetting] =
  [
    .unsafeFlags([
      "-Xcc", "-march=\(processorLevel)", "-Xcc", "-fno-math-errno",
      "-Xcc", "-mprefer-vector-width=512", "-enforce-exclusivity=unchecked",
    ]),
    .unsafeFlags(["-O"], .when(configuration: .debug)),
  ] + levelSettings

/// Four fifths of a module's release build are the optimiser's. These settings are for tests and for modules in which no
/// run spends time that anybody would notice: what reads definitions, writes pages, parses a command line. Whatever
/// goes through all numbers, tokens, bytes or lines of something belongs in one of the modules without them.
/// Without the second flag a module's interface is made in a run of the compiler of its own, which reads everything twice.
let notOptimised: [SwiftSetting] = [
  .unsafeFlags(["-Onone", "-no-emit-module-separately-wmo"], .when(configuration: .release))
]

/// What each of the libraries is for; whoever depends on one can import these modules.
let engine = ["RetortTensorEngine", "RetortLayers", "RetortOptimization"]
let models = ["RetortText", "RetortTransformers"]
let training = ["RetortDistillation", "RetortEvaluation", "RetortOptions", "RetortStorage"]

let package = Package(
  name: "Retort",
  products: [
    .executable(name: "retort", targets: ["retort"]),
    .library(name: "RetortEngine", targets: engine),
    .library(name: "RetortModels", targets: engine + models),
    .library(name: "RetortTraining", targets: engine + models + training),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(
      name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"])]),
    .systemLibrary(name: "CMalloc"),

    // Leaves. The order here is for readers: of the targets that can be built, SwiftPM begins with the last by name.
    .target(name: "Files"),
    .target(name: "Formatting", swiftSettings: notOptimised),
    .target(name: "Numbers"),
    .target(name: "Options", swiftSettings: notOptimised),
    .target(name: "Parallel"),
    .target(name: "Processor", swiftSettings: levelSettings),
    .target(name: "Randomness"),
    .target(name: "StrictJSON"),

    .target(
      name: "TensorEngine", dependencies: ["COpenBLAS", "Processor", "Randomness"],
      swiftSettings: kernelSettings),
    .target(name: "Layers", dependencies: ["TensorEngine", "Parallel", "Randomness"]),
    .target(name: "Optimization", dependencies: ["Layers", "Options", "TensorEngine"]),
    .target(name: "Parquet", dependencies: ["Files", "StrictJSON"]),
    .target(name: "Tables", dependencies: ["Files", "Options", "Parquet", "StrictJSON"]),
    .target(
      name: "Text", dependencies: ["Files", "Formatting", "Parallel", "Randomness", "Tables"]),
    .target(name: "Evaluation", dependencies: ["Randomness"]),
    .target(
      name: "Storage", dependencies: ["CHDF5", "Files", "Numbers", "StrictJSON"],
      swiftSettings: notOptimised),
    .target(
      name: "Records", dependencies: ["Files", "StrictJSON"], swiftSettings: notOptimised),
    .target(
      name: "StrictYAML", dependencies: ["Options", .product(name: "Yams", package: "Yams")],
      swiftSettings: notOptimised),
    .target(name: "Transformers", dependencies: ["Layers", "Storage", "StrictJSON"]),
    .target(name: "SelfCheck", dependencies: ["Transformers", "Optimization", "Randomness"]),
    .target(
      name: "Distillation",
      dependencies: ["Transformers", "Optimization", "Text", "Storage", "Evaluation"]),
    .target(
      name: "Benchmarks",
      dependencies: ["CMalloc", "Distillation", "Processor"]),
    .target(
      name: "Reporting",
      dependencies: ["StrictYAML", "Formatting", "Records", "Evaluation"],
      swiftSettings: notOptimised),
    .target(
      name: "ExperimentPlan",
      dependencies: [
        "StrictYAML", "Distillation", "Formatting", "Optimization", "Options", "Records",
      ],
      swiftSettings: notOptimised),
    .executableTarget(
      name: "retort",
      dependencies: [
        .product(name: "ArgumentParser", package: "swift-argument-parser"), "ExperimentPlan",
        "Reporting", "Benchmarks", "SelfCheck",
      ],
      swiftSettings: notOptimised),

    .target(
      name: "TestSupport", dependencies: ["TensorEngine", "Randomness", "Storage", "Reporting"],
      path: "Tests/TestSupport"),
    // What the two targets that test ExperimentPlan share.
    .target(
      name: "SmallExperiment", dependencies: ["ExperimentPlan", "Files", "TestSupport"],
      path: "Tests/SmallExperiment", swiftSettings: notOptimised),
  ]
    + [
      "Files", "Formatting", "Numbers", "Options", "Parallel", "Processor", "Randomness",
      "StrictJSON", "TensorEngine", "Layers", "Optimization", "Evaluation", "Parquet", "Tables",
      "Text", "Storage", "Transformers", "SelfCheck", "Distillation", "Benchmarks", "Records",
      "Reporting",
    ].map { name in
      .testTarget(
        name: "\(name)Tests",
        dependencies: [.byName(name: name), "TestSupport"] + (name == "Files" ? [] : ["Files"]))
    }
    + [
      // ExperimentPlan takes two: its definitions and plans, and what running them does. As one they would be compiled
      // last and alone.
      .testTarget(name: "ExperimentPlanTests", dependencies: ["SmallExperiment"]),
      .testTarget(name: "ExperimentRunTests", dependencies: ["SmallExperiment"]),
      .testTarget(
        name: "ParityTests",
        dependencies: ["Distillation", "Storage", "Randomness", "TestSupport"]),
      .testTarget(
        name: "ProgramTests", dependencies: ["retort", "SelfCheck", "TestSupport"]),
      // These run the program. They do not look into it, so that they need not wait for it to be compiled.
      .testTarget(
        name: "VerbTests",
        dependencies: ["ExperimentPlan", "Reporting", "SelfCheck", "Files", "TestSupport"]),
    ]
)

// SwiftPM builds a target anew when one that it names has changed. Ours also compile in what those see
// (re-exported modules, layouts, inlined bodies): each target names everything below it, or an
// incremental build would link objects that disagree about a type's layout.
var below: [String: Set<String>] = [:]
for target in package.targets where target.type != .system {  // those below come first
  let named = Set(
    target.dependencies.compactMap { dependency -> String? in
      if case .byNameItem(let name, _) = dependency { name } else { nil }
    })
  let all = named.reduce(into: named) { $0.formUnion(below[$1] ?? []) }
  target.dependencies += all.subtracting(named).sorted().map { .byName(name: $0) }
  below[target.name] = all
}

// Modules are called so that no other package's are likely to have the same name: RetortText, CRetortHDF5. Folders, and
// the targets above, do without the prefix.
let moduleNames = Dictionary(
  uniqueKeysWithValues: package.targets.compactMap { target -> (String, String)? in
    switch target.type {
    case .system: (target.name, "CRetort\(target.name.dropFirst())")
    case .regular: (target.name, "Retort\(target.name)")
    default: nil
    }
  })
for target in package.targets {
  target.dependencies = target.dependencies.map { dependency in
    guard case .byNameItem(let name, let condition) = dependency, let module = moduleNames[name]
    else { return dependency }
    return .byNameItem(name: module, condition: condition)
  }
  guard let module = moduleNames[target.name] else { continue }
  target.path = target.path ?? "Sources/\(target.name)"
  target.name = module
}

/// Whether the tests are built too: `make test` says so. What they look into must then be there in a release build;
/// the program alone does without, and leaves out what nobody calls.
let buildsTests = Context.environment["RETORT_TESTS"] == "1"

// The reference kernels that tests compare with are in TestSupport, which is optimised.
for target in package.targets where target.type != .system {
  // Of the modules that can be compiled, SwiftPM begins with the last by name. ArgumentParser would be left to the end,
  // with the program after it and only one core at work: tests wait for it.
  if buildsTests, target.name == "RetortTestSupport" {
    target.dependencies.append(.product(name: "ArgumentParser", package: "swift-argument-parser"))
  }
  var settings = target.swiftSettings ?? []
  if buildsTests { settings.append(.unsafeFlags(["-enable-testing"])) }
  if target.type == .test { settings += notOptimised }
  target.swiftSettings = settings
}
