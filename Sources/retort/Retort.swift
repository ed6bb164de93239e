// The program: one subcommand a verb.
import ArgumentParser
import RetortExperimentPlan

@main
struct Retort: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retort",
    abstract: "Knowledge distillation of transformers, on a CPU.",
    discussion: """
      A model is a checkpoint (.h5), a Hugging Face folder, a stage of a run (Runs/x#sst2) or hub:owner/name. \
      Hub models are searched in RETORT_CACHE (default ~/.cache/retort), RETORT_MIRROR and Hugging Face's own cache. \
      Results go to standard output, progress and log to standard error.
      Exit status: 0 success; 1 failure; 2 a result outside the published band (verify); 64 wrong \
      usage; 130 and 143 after SIGINT and SIGTERM, with a checkpoint saved.
      """,
    version: ProgramVersion.current,
    groupedSubcommands: [
      CommandGroup(
        name: "Experiment",
        subcommands: [
          InitVerb.self, RunVerb.self, PretrainVerb.self, DistillVerb.self, FinetuneVerb.self,
          AugmentVerb.self, ExplainVerb.self, ValidateVerb.self, DefinitionVerb.self,
          SchemaVerb.self,
        ]),
      CommandGroup(
        name: "Result",
        subcommands: [
          StatusVerb.self, ShowVerb.self, InspectVerb.self, CompareVerb.self, VerifyVerb.self,
          SimilarityVerb.self,
          ReportVerb.self, NotebookVerb.self,
        ]),
      CommandGroup(
        name: "Model",
        subcommands: [
          EvaluateVerb.self, PredictVerb.self, SubmitVerb.self, ActivationsVerb.self,
          ImportVerb.self, ExportVerb.self,
        ]),
      CommandGroup(name: "Text", subcommands: [TokenizeVerb.self]),
      CommandGroup(
        name: "Machine", subcommands: [DoctorVerb.self, BenchVerb.self, CacheVerb.self]),
    ])

  static func main() { Program.run() }
}
