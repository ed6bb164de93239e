// Parts of row-major arrays.

/// The columns given of every row.
public func columns<Value>(_ columns: Range<Int>, of values: [Value], width: Int) -> [Value] {
  var part: [Value] = []
  for start in stride(from: 0, to: values.count, by: width) {
    part += values[start + columns.lowerBound..<start + columns.upperBound]
  }
  return part
}

/// The rows given, in that order.
public func rows<Value>(_ rows: [Int32], of values: [Value], width: Int) -> [Value] {
  var part: [Value] = []
  for row in rows { part += values[Int(row) * width..<(Int(row) + 1) * width] }
  return part
}
