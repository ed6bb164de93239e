// Numbers and columns in plain text.
import Foundation

/// A number with a fixed count of digits after the point, the same in every locale.
func decimal(_ value: Double, digits: Int) -> String {
  guard value.isFinite else { return "\(value)" }
  return String(format: "%.\(digits)f", value)
}

/// Bytes as gigabytes of 10⁹ or, below one, megabytes.
func gigabytes(_ bytes: Int) -> String {
  bytes >= 1_000_000_000
    ? "\(decimal(Double(bytes) / 1e9, digits: 1)) GB"
    : "\(decimal(Double(bytes) / 1e6, digits: 1)) MB"
}

/// An integer in groups of three digits.
func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var text = number < 0 ? "-" : ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index) % 3 == 0 { text += "," }
    text.append(digit)
  }
  return text
}

/// A span of time in the two largest units that say enough.
func duration(seconds: Double) -> String {
  guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "?" }
  let whole = Int(seconds.rounded())
  switch whole {
  case ..<60: return "\(whole) s"
  case ..<3600: return "\(whole / 60) min \(whole % 60) s"
  case ..<172_800: return "\(whole / 3600) h \(whole % 3600 / 60) min"
  default: return "\(whole / 86_400) d \(whole % 86_400 / 3600) h"
  }
}

/// Rows of cells as lines with aligned columns; numbers to the right under their headings.
func table(header: [String], rows: [[String]], rightAligned: Set<Int> = []) -> String {
  let widths = header.indices.map { column in
    ([header] + rows).map { $0[column].count }.max() ?? 0
  }
  return ([header] + rows).map { row in
    var line = ""
    for (column, cell) in row.enumerated() {
      let isLast = column == row.count - 1
      line +=
        rightAligned.contains(column)
        ? cell.leftPadded(to: widths[column]) : isLast ? cell : cell.padded(to: widths[column])
      if !isLast { line += "  " }
    }
    return line
  }.joined(separator: "\n")
}

extension String {
  /// Filled up with spaces on the right.
  func padded(to width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  /// Filled up with spaces on the left.
  func leftPadded(to width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
