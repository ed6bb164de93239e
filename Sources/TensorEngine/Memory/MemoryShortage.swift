import Glibc

/// The end of a process that gets no memory. No caller could go on: tensors are made in the middle of a step, and the
/// step's results have no other place. What was written before is whole: files take their names when they are complete.
enum MemoryShortage {
  /// Says so in one line and ends with status 1, as for any other input that is too large.
  static func end(
    _ bytes: Int, _ purpose: String, remedy: String = "use smaller batches or shorter sequences"
  ) -> Never {
    let cause = String(cString: strerror(errno))
    let line =
      "retort: error: no memory for \(bytes) bytes of \(purpose): \(cause); \(remedy), "
      + "or raise the limit (ulimit -v)\n"
    var text = line
    text.withUTF8 { _ = write(STDERR_FILENO, $0.baseAddress, $0.count) }
    _exit(1)
  }
}
