// The `models:` of a definition.
import RetortOptions

extension DefinitionDecoding {
  /// Those that could be read, with stand-ins for what is wrong in them.
  func models(_ top: MapReader) -> [ModelDefinition] {
    named(top, "models") { node, name, map in
      guard var model = ModelDefinition.read(node, name, map) else { return nil }
      // What a wrong head would be is not known: nothing is missing because of it.
      if mistakes.touch("models.\(name).head") { model.maskedLMHead = .new }
      return model
    }.compactMap(\.value)
  }
}
