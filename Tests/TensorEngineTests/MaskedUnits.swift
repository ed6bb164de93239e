import RetortTensorEngine

@testable import struct RetortTensorEngine.DropoutPlace

/// What each of `count` units at a place is multiplied by: 0 where the source drops it, 1 / (1 - p) else.
func dropoutFactors(
  _ source: some DropoutMaskSource, _ site: DropoutSite, sequence: Int, head: Int = 0,
  headCount: Int = 1, position: Int, count: Int
) -> [Double] {
  keptUnits(
    source, site, sequence: sequence, head: head, headCount: headCount, position: position,
    count: count
  ).map { $0 ? 1 / (1 - site.probability) : 0 }
}

func keptUnits(
  _ source: some DropoutMaskSource, _ site: DropoutSite, sequence: Int, head: Int = 0,
  headCount: Int = 1, position: Int, count: Int, paddedLength: Int? = nil, paddedCount: Int? = nil
) -> [Bool] {
  let words = keepWords(
    source, site, sequence: sequence, head: head, headCount: headCount, position: position,
    count: count, paddedLength: paddedLength, paddedCount: paddedCount)
  return (0..<count).map { words[$0 / 16] >> UInt16($0 % 16) & 1 == 1 }
}

/// The same, 16 units a word; bits beyond the row are unspecified.
func keepWords(
  _ source: some DropoutMaskSource, _ site: DropoutSite, sequence: Int, head: Int = 0,
  headCount: Int = 1, position: Int, count: Int, paddedLength: Int? = nil, paddedCount: Int? = nil
) -> [UInt16] {
  let place = DropoutPlace(
    site: site.index, sequence: sequence, head: head, headCount: headCount, position: position,
    paddedLength: paddedLength ?? position + 1, paddedCount: paddedCount ?? count)
  var words = [UInt16](repeating: 0, count: (count + 15) / 16)
  words.withUnsafeMutableBufferPointer { buffer in
    guard let base = buffer.baseAddress else { return }
    source.keepMask(of: place, count: count, dropping: site.probability, into: base)
  }
  return words
}
