// The types of numbers that our files hold.

/// Type of one element of a stored array, little-endian.
public enum ElementType: String, Sendable, CaseIterable {
  case float32 = "f32"
  case float16 = "f16"
  case float64 = "f64"
  case int32 = "i32"
  case int64 = "i64"
  case uint8 = "u8"

  public var byteCount: Int {
    switch self {
    case .float32, .int32: 4
    case .float16: 2
    case .float64, .int64: 8
    case .uint8: 1
    }
  }
}
