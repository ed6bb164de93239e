// Looks at the machine, checks what it computes and measures its products.
import Glibc
import RetortExperimentPlan
import RetortFiles
import RetortFormatting
import RetortProcessor
import RetortSelfCheck
import RetortStorage
import RetortTensorEngine

enum Examination {
  /// - Parameter golden: what is to be computed here.
  static func diagnose(golden: GoldenNumbers = .embedded) -> Diagnosis {
    let features = ProcessorFeatures.current()
    let level = Processor.kernelLevel
    let missing = features.missing(for: level)
    var blas = Diagnosis.BLASState(
      configuration: "not asked: the kernels cannot run", kernel: nil, chosenByUser: false,
      speeds: [])
    var numbers: SelfCheckResult?
    if missing.isEmpty {
      numbers = SelfCheckResult(
        engine: Engine(threadCount: Processor.availableCount), golden: golden)
      blas = .init(
        configuration: BLASKernel.configuration, kernel: BLASKernel.coreName,
        chosenByUser: BLASKernel.isChosenByUser, speeds: ProductTiming.speeds())
    }
    let memory = Machine.memory
    var diagnosis = Diagnosis(
      program: ProgramVersion.current,
      processor: .init(
        name: features.modelName, available: Processor.availableCount, load: Machine.load,
        kernelsBuiltFor: level.rawValue, offers: features.highestLevel?.rawValue,
        missing: missing),
      blas: blas, selfCheck: numbers?.state,
      memory: .init(totalBytes: memory.total, availableBytes: memory.available),
      hdf5: HDF5Library.version,
      folders: [cacheFolder, mirrorFolder], findings: [])
    diagnosis.findings =
      (numbers?.findings(kernel: blas.kernel ?? "", level: level) ?? []) + findings(diagnosis)
    return diagnosis
  }

  private static var cacheFolder: Diagnosis.FolderState {
    let path = Locations().cache
    var state = "will be made when needed"
    if Folder.exists(path: path) {
      state = access(path, W_OK) == 0 ? "writable" : "not writable"
    } else if access(path, F_OK) == 0 {
      state = "not a folder"
    }
    return .init(variable: "RETORT_CACHE", path: path, state: state)
  }

  private static var mirrorFolder: Diagnosis.FolderState {
    guard let path = Locations().mirror else {
      return .init(variable: "RETORT_MIRROR", path: nil, state: "(models and data sets on disk)")
    }
    guard Folder.exists(path: path) else {
      return .init(variable: "RETORT_MIRROR", path: path, state: "no such folder")
    }
    let parts = ["hub", "data/glue", "data/imdb", "data/aclImdb", "data/corpora"]
    let found = parts.filter { Folder.exists(path: "\(path)/\($0)") }
    return .init(
      variable: "RETORT_MIRROR", path: path,
      state: found.isEmpty
        ? "holds none of \(parts.joined(separator: ", "))"
        : "holds \(found.joined(separator: ", "))")
  }

  /// What keeps this machine from doing its best, and what helps.
  static func findings(_ diagnosis: Diagnosis) -> [Diagnosis.Finding] {
    var findings: [Diagnosis.Finding] = []
    func add(_ problem: String, _ remedy: String) {
      findings.append(.init(problem: problem, remedy: remedy))
    }
    if !Engine.isOptimised {
      add("the kernels were compiled without the optimiser", "build with: make build")
    }
    let processor = diagnosis.processor
    if !processor.missing.isEmpty {
      add(
        "the kernels need \(processor.missing.joined(separator: ", ")), "
          + "which this processor does not have",
        processor.offers.map { "rebuild with RETORT_CPU=\($0) swift build -c release" }
          ?? "use a machine of at least \(KernelLevel.v3.rawValue)")
    } else if let offers = processor.offers, offers > processor.kernelsBuiltFor {
      add(
        "the kernels were built for \(processor.kernelsBuiltFor), the processor offers \(offers)",
        "rebuild on this machine, or with RETORT_CPU=\(offers) swift build -c release")
    }
    if let kernel = diagnosis.blas.kernel, BLASKernel.outdated.contains(kernel) {
      if diagnosis.blas.chosenByUser {
        add(
          "OPENBLAS_CORETYPE asks for the kernel \(kernel), which uses neither AVX2 nor AVX-512",
          "unset OPENBLAS_CORETYPE: the right kernel is chosen without it")
      } else {
        add(
          "OpenBLAS chose the kernel \(kernel), which uses neither AVX2 nor AVX-512",
          "install an OpenBLAS built for many processors: apt-get install libopenblas0-pthread")
      }
    }
    if processor.load > Double(processor.available) {
      add(
        "other processes are using the processor (load \(processor.load.fixed(1)) on "
          + "\(processor.available))", "measure again when they are done")
    }
    let memory = diagnosis.memory
    if memory.availableBytes > 0, memory.availableBytes < 4_000_000_000 {
      add(
        "only \(memory.availableBytes.memoryText) of memory are free",
        "BERT-base with DistilBERT takes about 4 GB; `retort explain` predicts what a definition takes"
      )
    }
    for folder in diagnosis.folders {
      switch folder.state {
      case "not writable", "not a folder":
        add(
          "\(folder.path ?? "") is \(folder.state)", "set \(folder.variable) to a folder of yours")
      case "no such folder":
        add(
          "\(folder.variable) names \(folder.path ?? ""), which is no folder", "correct or unset it"
        )
      case let state where state.hasPrefix("holds none"):
        add(
          "\(folder.variable) names \(folder.path ?? ""), which \(state)",
          "lay it out as hub/<owner>/<name>/, data/glue/<TASK>/, data/corpora/")
      default: break
      }
    }
    return findings
  }
}
