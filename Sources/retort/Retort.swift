import ArgumentParser

/// The program: one subcommand a verb.
@main
struct Retort: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "retort", abstract: "Knowledge distillation of transformers, on a CPU.")
}
