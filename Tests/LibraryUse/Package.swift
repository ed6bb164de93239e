// swift-tools-version: 6.2
// Retort as another package depends on it: a release of its git repository. `make library` makes one of the last
// commit, and builds and runs the two programs.
import PackageDescription

// Without one, as in an editor, it is the work tree.
let source: Package.Dependency =
  if let repository = Context.environment["RETORT_REPOSITORY"] {
    .package(url: repository, from: "1.0.0")
  } else {
    .package(name: "retort", path: "../..")
  }

let retort = Target.Dependency.product(name: "RetortTraining", package: "retort")

let package = Package(
  name: "LibraryUse",
  dependencies: [source],
  targets: [
    .executableTarget(name: "fine-tune", dependencies: [retort]),
    .executableTarget(name: "distil", dependencies: [retort]),
  ]
)
