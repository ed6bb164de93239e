// Values that no model may have: infinities and what is not a number.

extension UnsafeBufferPointer<Float> {
  /// How many values are infinite or not numbers.
  public var nonFiniteCount: Int {
    // A first pass that the compiler turns into vector instructions: adding one to an exponent of all ones
    // sets the sign's bit, to any other not.
    var overflow: UInt32 = 0
    for value in self { overflow |= (value.bitPattern & 0x7f80_0000) &+ 0x0080_0000 }
    return overflow & 0x8000_0000 == 0 ? 0 : count { !$0.isFinite }
  }
}
