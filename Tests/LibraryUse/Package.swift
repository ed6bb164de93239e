// swift-tools-version: 6.2
// Retort as another package depends on it. `make library` builds and runs the two programs.
import PackageDescription

let retort = Target.Dependency.product(name: "RetortTraining", package: "retort")

let package = Package(
  name: "LibraryUse",
  // Elsewhere: .package(url: "…/retort.git", from: "1.0.0")
  dependencies: [.package(name: "retort", path: "../..")],
  targets: [
    .executableTarget(name: "fine-tune", dependencies: [retort]),
    .executableTarget(name: "distil", dependencies: [retort]),
  ]
)
