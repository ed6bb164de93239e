// Numbers for people, in tables, on pages and on a terminal: the same characters on every machine.

import Foundation

extension Double {
  /// With so many digits after the point, rounded as C's printf does (exact value, ties to even).
  public func fixed(_ digits: Int) -> String {
    guard isFinite else { return isNaN ? "nan" : (self < 0 ? "-inf" : "inf") }
    let text = String(format: "%.\(digits)f", self)
    // "-0.0000" would read like a small loss.
    return text.allSatisfy { "-0.".contains($0) } && text.hasPrefix("-")
      ? String(text.dropFirst()) : text
  }

  /// So many significant digits, without an exponent where it can be read without one.
  public func significant(_ digits: Int) -> String { String(format: "%.\(digits)g", self) }

  /// A duration as a reader would say it: `0.41 s`, `12.0 s`, `5 min 20 s`, `40 min`, `11 h 3 min`, `5 d 2 h`;
  /// `?` for what is none.
  public var durationText: String {
    guard self >= 0, self < 1e9 else { return "?" }
    if self < 10 { return "\(fixed(2)) s" }
    if self < 100 { return "\(fixed(1)) s" }
    let seconds = Int(rounded())
    if seconds < 600 { return "\(seconds / 60) min \(seconds % 60) s" }
    let minutes = Int((self / 60).rounded())
    if minutes < 60 { return "\(minutes) min" }
    let hours = minutes / 60
    return hours < 48 ? "\(hours) h \(minutes % 60) min" : "\(hours / 24) d \(hours % 24) h"
  }
}

extension Int {
  /// With commas between thousands: `67,349`.
  public var grouped: String {
    let digits = String(magnitude)
    var out = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { out += "," }
      out.append(digit)
    }
    return self < 0 ? "-\(out)" : out
  }

  /// A number of bytes in binary units, `687 MiB`; or `1.25 GiB`.
  public var memoryText: String {
    let mebibytes = Double(self) / 1_048_576
    if self > 0, mebibytes <= 0.5 { return "\(Swift.max(1, Double(self) / 1_024).fixed(0)) KiB" }
    return mebibytes < 1_024 ? "\(mebibytes.fixed(0)) MiB" : "\((mebibytes / 1_024).fixed(2)) GiB"
  }
}
