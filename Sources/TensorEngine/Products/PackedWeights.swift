/// A weight matrix in panels, as products read it: made once where values no longer change, so that products of few
/// rows, which would otherwise pack as long as they multiply, only multiply.
final class PackedWeights: @unchecked Sendable {
  private let panels: AlignedBuffer

  /// - Parameters:
  ///   - plan: of a product whose right side is the weight matrix.
  init(_ plan: ProductPlan, on engine: Engine) {
    panels = AlignedBuffer(count: plan.rightPanels.packedWidth * plan.product.inner)
    guard let base = panels.values.baseAddress else { return }
    engine.run(tiles: plan.rightPanels.count) { panel, _ in plan.packRight(panel: panel, into: base)
    }
  }

  var base: UnsafePointer<Float>? { panels.values.baseAddress.map { UnsafePointer($0) } }
}

/// The packed forms of one storage's matrices, each made when it is used for the second time: a program that answers one
/// question is not kept waiting for it.
final class PackedWeightsCache {
  private var uses: [Place: Int] = [:]
  private var packed: [Place: PackedWeights] = [:]

  /// Which part of the storage a matrix is.
  private struct Place: Hashable {
    let start: UnsafePointer<Float>
    let rows: Int
  }

  /// - Parameter product: with the matrix on its right.
  /// - Returns: the packed matrix; nil the first time.
  func panels(for product: MatrixProduct, on engine: Engine) -> UnsafePointer<Float>? {
    let place = Place(start: product.right.base, rows: product.columns)
    if let found = packed[place] { return found.base }
    uses[place, default: 0] += 1
    guard uses[place] == 2 else { return nil }
    let made = PackedWeights(ProductPlan(product), on: engine)
    packed[place] = made
    return made.base
  }
}
