/// How a product is cut up for the workers.
///
/// The smaller side is packed once, by all of them; then the result is cut along the larger side into tiles, each of
/// which packs panel after panel of its own. In which order a value of C is summed depends on the inner dimension
/// alone, so bits depend on no tile, no number of threads and no width of vectors.
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

  /// Long enough that going through C costs little, short enough that panels stay in the caches.
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
  /// Panels of the shared side that have to be packed.
  var sharedPanelCount: Int { isSharedSidePacked ? 0 : sharedPanels.count }
  /// Values that the packed shared side takes.
  var sharedCount: Int {
    isSharedSidePacked ? 0 : sharedPanels.packedWidth * min(chunkLength, product.inner)
  }
  private var isSharedSidePacked: Bool { !sharesLeft && product.packedRight != nil }
  var rightPanels: PanelDivision { PanelDivision(product.columns, isLeft: false) }
  /// Values that a packed panel of the tiled side takes.
  var scratchCount: Int { (sharesLeft ? PanelShape.columns : PanelShape.rows) * blockLength }

  private var tiledSide: ProductSide { sharesLeft ? product.right : product.left }
  private var tiledExtent: Int { max(product.rows, product.columns) }
  private func covered(by tile: Int) -> Range<Int> {
    tile * tileWidth..<min((tile + 1) * tileWidth, tiledExtent)
  }
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

  /// Packs one panel of the whole right side: block after block, in each all panels one after another.
  func packRight(panel: Int, into memory: UnsafeMutablePointer<Float>) {
    let panels = rightPanels
    forEachBlock(of: 0..<product.inner) { block in
      product.right.pack(
        outer: panels[panel], inner: block, width: PanelShape.columns,
        into: memory + placeInRight(panels.offset(of: panel), block))
    }
  }

  /// Where a panel of the packed right side has its values of a block.
  private func placeInRight(_ column: Int, _ block: Range<Int>) -> Int {
    block.lowerBound * rightPanels.packedWidth + column * block.count
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
    let covered = covered(by: tile)
    let (common, own) = (sharedPanels, tilePanels(covered.count))
    let tiledPacked = sharesLeft ? product.packedRight : nil
    forEachBlock(of: chunk) { block in
      let packed =
        isSharedSidePacked
        ? product.packedRight.map { $0 + placeInRight(0, block) } ?? shared
        : shared + (block.lowerBound - chunk.lowerBound) * common.packedWidth
      for panel in 0..<own.count {
        let outer =
          covered.lowerBound + own[panel].lowerBound..<covered.lowerBound + own[panel].upperBound
        if let tiledPacked {
          multiply(
            tiledPacked + placeInRight(outer.lowerBound, block), outer, packed, common,
            block: block, next: nil)
        } else {
          tiledSide.pack(outer: outer, inner: block, width: own.width(of: panel), into: scratch)
          multiply(
            scratch, outer, packed, common, block: block,
            next: next(after: outer, tile: tile, block: block, chunk: chunk))
        }
      }
    }
    return sharesLeft ? (0..<product.rows, covered) : (covered, 0..<product.columns)
  }

  /// One panel of the tiled side with all of the shared one.
  private func multiply(
    _ panel: UnsafePointer<Float>, _ outer: Range<Int>, _ packed: UnsafePointer<Float>,
    _ common: PanelDivision, block: Range<Int>, next: (outer: Int, inner: Range<Int>)?
  ) {
    let adds = product.adds || block.lowerBound > 0
    let speed = (ReadAhead.parts + common.count - 1) / common.count
    for i in 0..<common.count {
      let range = common[i]
      let other = packed + range.lowerBound * block.count
      let part = min(i * speed, ReadAhead.parts - 1)
      // Packed panels lie in the order in which they are read: the processor sees that by itself.
      let ahead =
        next.map {
          tiledSide.readAhead(outer: $0.outer, inner: $0.inner, part: part, speed: speed)
        } ?? ReadAhead(first: other, pair: 0, step: 0, turns: block.count)
      let (rows, columns) = sharesLeft ? (range, outer) : (outer, range)
      let (left, right) = sharesLeft ? (other, panel) : (panel, other)
      MicroKernel.run(
        rows: rows.count, inner: block.count, left, right,
        into: product.result + rows.lowerBound * product.columns + columns.lowerBound,
        stride: product.columns, columns: columns.count, adds: adds, ahead: ahead)
    }
  }

  /// What is packed after a panel of a tile: the tile's next panel, its first of the next block, or the next tile's,
  /// which some worker will come to soon.
  private func next(
    after outer: Range<Int>, tile: Int, block: Range<Int>, chunk: Range<Int>
  ) -> (outer: Int, inner: Range<Int>) {
    let covered = covered(by: tile)
    if outer.upperBound < covered.upperBound { return (outer.upperBound, block) }
    if block.upperBound < chunk.upperBound {
      return (
        covered.lowerBound,
        block.upperBound..<min(block.upperBound + blockLength, chunk.upperBound)
      )
    }
    return (
      min(covered.upperBound, tiledExtent - 1),
      chunk.lowerBound..<min(chunk.lowerBound + blockLength, chunk.upperBound)
    )
  }
}
