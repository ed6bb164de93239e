// What this program is called, in its own output and in the files it writes.

enum ProgramVersion {
  static let text = "0.1.0"
}
