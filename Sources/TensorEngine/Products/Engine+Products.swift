extension Engine {
  /// Computes products that do not depend on each other side by side.
  /// - Parameters:
  ///   - cost: what they come to together.
  ///   - beside: other work in tiles, done along with them.
  ///   - finish: called on the worker at hand when a part of a product's C is complete.
  func multiply(
    _ cost: OperationCost, _ products: [MatrixProduct],
    beside: (tiles: Int, body: (_ tile: Int) -> Void) = (0, { _ in }),
    finish: (_ product: Int, _ rows: Range<Int>, _ columns: Range<Int>) -> Void = { _, _, _ in }
  ) {
    let plans = products.map(ProductPlan.init)
    let starts = plans.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.sharedCount) }
    reserveScratch(plans.map(\.scratchCount).max() ?? 0)
    let shared = reservePackedPanels(starts[plans.count])
    perform(cost) {
      for round in 0..<max(1, plans.map(\.chunkCount).max() ?? 0) {
        let open = plans.indices.filter { round < plans[$0].chunkCount }
        let panels = TileSpans(open.map { plans[$0].sharedPanelCount })
        let others = round == 0 ? beside.tiles : 0
        run(tiles: panels.count + others) { tile, _ in
          guard tile < panels.count else { return beside.body(tile - panels.count) }
          let (index, panel) = panels[tile]
          let plan = plans[open[index]]
          plan.packShared(
            panel: panel, chunk: plan.inner(ofChunk: round), into: shared + starts[open[index]])
        }
        let tiles = TileSpans(open.map { plans[$0].tileCount })
        run(tiles: tiles.count) { tile, worker in
          let (index, number) = tiles[tile]
          let plan = plans[open[index]]
          let covered = plan.compute(
            tile: number, chunk: plan.inner(ofChunk: round), shared: shared + starts[open[index]],
            scratch: scratch(of: worker))
          if round == plan.chunkCount - 1 { finish(open[index], covered.rows, covered.columns) }
        }
      }
    }
  }
}

/// The tiles of several jobs numbered through.
private struct TileSpans {
  /// How many there are in all.
  let count: Int
  private let ends: [Int]

  init(_ counts: [Int]) {
    ends = counts.reduce(into: []) { $0.append(($0.last ?? 0) + $1) }
    count = ends.last ?? 0
  }

  /// Which job a tile belongs to, and its number there.
  subscript(tile: Int) -> (job: Int, tile: Int) {
    var job = 0
    while tile >= ends[job] { job += 1 }
    return (job, tile - (job == 0 ? 0 : ends[job - 1]))
  }
}
