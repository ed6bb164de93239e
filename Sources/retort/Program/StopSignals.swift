// SIGINT and SIGTERM as a wish that training asks about after each step.
import Glibc
import Synchronization

/// The first signal asks for a checkpoint and a stop; the second ends the process at once.
enum StopSignals {
  enum Signal: Int32, CaseIterable {
    case interrupt = 2
    case hangup = 1
    case terminate = 15

    /// As shells have it: 128 and the signal's number.
    var exitStatus: Int32 { 128 + rawValue }
  }

  /// Number of the first signal that came, 0 before. A handler may do little more than store it.
  private static let first = Atomic<Int32>(0)

  /// The signal that asks to stop, if one came.
  static var received: Signal? { Signal(rawValue: first.load(ordering: .relaxed)) }

  /// From now on signals ask instead of ending the process.
  static func install() {
    first.store(0, ordering: .relaxed)
    // Whoever started the program from a thread that blocks signals has passed that on to it.
    var mask = sigset_t()
    sigemptyset(&mask)
    for signal in Signal.allCases { sigaddset(&mask, signal.rawValue) }
    pthread_sigmask(SIG_UNBLOCK, &mask, nil)
    for signal in Signal.allCases {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { number in
        let (stored, _) = StopSignals.first.compareExchange(
          expected: 0, desired: number, ordering: .relaxed)
        if !stored { _exit(128 + number) }
      }
      action.sa_flags = SA_RESTART
      // A terminal that hangs up is no news to whoever was started with nohup.
      var present = sigaction()
      if signal == .hangup, sigaction(SIGHUP, nil, &present) == 0,
        unsafeBitCast(present.__sigaction_handler.sa_handler, to: Int.self) == 1
      {
        continue
      }
      sigaction(signal.rawValue, &action, nil)
    }
  }
}
