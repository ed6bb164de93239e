/// How a product is cut up for the workers.
///
/// The smaller side is packed once, by all of them; then the result is cut along the larger side into tiles, each of
/// which packs its own share of it. In which order a value of C is summed depends on the inner dimension alone, so
/// bits depend on no tile, no number of threads and no width of vectors.
struct ProductPlan {
  let product: MatrixProduct
  /// Whether the left side is the one packed once.
  let sharesLeft: Bool
  /// Inner indices whose sum is formed in registers; blocks are added up in C.
  let blockLength: Int
  /// Inner indices that are packed at a time: whole blocks.
  let chunkLength: Int
  /// Rows or columns of C that a tile covers.
  let tileWidth: Int

  /// Long enough that going through C costs little, short enough that a tile's share stays in the second cache.
  private static let longestBlock = 512
  /// Values of the shared side packed at a time: 16 MiB, however large a vocabulary is.
  private static let largestChunk = 1 << 22

  init(_ product: MatrixProduct) {
    self.product = product
    sharesLeft = product.rows <= product.columns
    let blocks = (product.inner + Self.longestBlock - 1) / Self.longestBlock
    blockLength = ((product.inner + blocks - 1) / blocks + 15) & ~15
    let shared = sharesLeft ? product.rows : product.columns
    chunkLength = max(1, Self.largestChunk / (blockLength * shared)) * blockLength
    let panel = sharesLeft ? PanelShape.columns : PanelShape.rows
    let panels = (max(product.rows, product.columns) + panel - 1) / panel
    // Some dozen tiles for the workers to share evenly; wide ones read the shared side less often.
    tileWidth = max(1, min(sharesLeft ? 4 : 8, panels / 12)) * panel
  }

  var chunkCount: Int { (product.inner + chunkLength - 1) / chunkLength }
  var tileCount: Int { (tiledExtent + tileWidth - 1) / tileWidth }
  var sharedPanels: PanelDivision {
    PanelDivision(min(product.rows, product.columns), isLeft: sharesLeft)
  }
  /// Values that the packed shared side takes.
  var sharedCount: Int { sharedPanels.packedWidth * min(chunkLength, product.inner) }
  /// Values that a tile's packed share takes.
  var scratchCount: Int { tilePanels(min(tileWidth, tiledExtent)).packedWidth * blockLength }

  private var tiledExtent: Int { max(product.rows, product.columns) }
  private func tilePanels(_ extent: Int) -> PanelDivision {
    PanelDivision(extent, isLeft: !sharesLeft)
  }

  /// Inner indices of a chunk.
  func inner(ofChunk chunk: Int) -> Range<Int> {
    chunk * chunkLength..<min((chunk + 1) * chunkLength, product.inner)
  }

  private func forEachBlock(of chunk: Range<Int>, _ body: (Range<Int>) -> Void) {
    for start in stride(from: chunk.lowerBound, to: chunk.upperBound, by: blockLength) {
      body(start..<min(start + blockLength, chunk.upperBound))
    }
  }

  /// Packs one panel of the shared side: block after block, in each all panels one after another.
  /// - Parameter memory: [`sharedCount`]
  func packShared(panel: Int, chunk: Range<Int>, into memory: UnsafeMutablePointer<Float>) {
    let panels = sharedPanels
    forEachBlock(of: chunk) { block in
      (sharesLeft ? product.left : product.right).pack(
        outer: panels[panel], inner: block, width: panels.width(of: panel),
        into: memory + (block.lowerBound - chunk.lowerBound) * panels.packedWidth
          + panels.offset(of: panel) * block.count)
    }
  }

  /// Computes a tile's share of a chunk.
  /// - Parameters:
  ///   - shared: as packed by `packShared`.
  ///   - scratch: [`scratchCount`]
  /// - Returns: the rows and columns of C that the tile covers.
  func compute(
    tile: Int, chunk: Range<Int>, shared: UnsafePointer<Float>,
    scratch: UnsafeMutablePointer<Float>
  ) -> (rows: Range<Int>, columns: Range<Int>) {
    let covered = tile * tileWidth..<min((tile + 1) * tileWidth, tiledExtent)
    let (common, own) = (sharedPanels, tilePanels(covered.count))
    let side = sharesLeft ? product.right : product.left
    forEachBlock(of: chunk) { block in
      for panel in 0..<own.count {
        let outer = own[panel]
        side.pack(
          outer: covered.lowerBound + outer.lowerBound..<covered.lowerBound + outer.upperBound,
          inner: block, width: own.width(of: panel),
          into: scratch + own.offset(of: panel) * block.count)
      }
      let packed = shared + (block.lowerBound - chunk.lowerBound) * common.packedWidth
      let adds = product.adds || block.lowerBound > 0
      if sharesLeft {
        multiply(
          packed, common, firstRow: 0, scratch, own, firstColumn: covered.lowerBound,
          inner: block.count, adds: adds)
      } else {
        multiply(
          scratch, own, firstRow: covered.lowerBound, packed, common, firstColumn: 0,
          inner: block.count, adds: adds)
      }
    }
    return sharesLeft ? (0..<product.rows, covered) : (covered, 0..<product.columns)
  }

  /// All panels of the left side with all of the right; one of the left stays in the first cache meanwhile.
  private func multiply(
    _ left: UnsafePointer<Float>, _ leftPanels: PanelDivision, firstRow: Int,
    _ right: UnsafePointer<Float>, _ rightPanels: PanelDivision, firstColumn: Int, inner: Int,
    adds: Bool
  ) {
    for i in 0..<leftPanels.count {
      let rows = leftPanels[i]
      let start =
        product.result + (firstRow + rows.lowerBound) * product.columns + firstColumn
      for j in 0..<rightPanels.count {
        let columns = rightPanels[j]
        MicroKernel.run(
          rows: rows.count, inner: inner, left + rows.lowerBound * inner,
          right + columns.lowerBound * inner, into: start + columns.lowerBound,
          stride: product.columns, columns: columns.count, adds: adds)
      }
    }
  }
}
