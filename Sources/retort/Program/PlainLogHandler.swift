// swift-log's messages as plain lines on standard error.
import Logging

/// The message alone; warnings and worse say what they are. Metadata follow as `name=value`.
struct PlainLogHandler: LogHandler {
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let values = metadata.merging(event.metadata ?? [:]) { _, new in new }
      .sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    let name =
      switch event.level {
      case .trace, .debug, .info, .notice: ""
      case .warning: "retort: warning: "
      case .error, .critical: "retort: error: "
      }
    Console.shared.write(line: "\(name)\(event.message)\(values)")
  }
}
