// swift-tools-version: 6.2
// Retort as another package depends on it: a release of its git repository. `make library` makes one of the last
// commit, and builds and runs the two programs.
import PackageDescription

guard let repository = Context.environment["RETORT_REPOSITORY"] else {
  fatalError("RETORT_REPOSITORY is not set; make library sets it")
}

let retort = Target.Dependency.product(name: "RetortTraining", package: "retort")

let package = Package(
  name: "LibraryUse",
  dependencies: [.package(url: repository, from: "1.0.0")],
  targets: [
    .executableTarget(name: "fine-tune", dependencies: [retort]),
    .executableTarget(name: "distil", dependencies: [retort]),
  ]
)
