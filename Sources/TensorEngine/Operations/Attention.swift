/// Multi-head self-attention over packed sequences:  o = Drop(softmax(q · kᵀ / √D)) · v, sequence by sequence and
/// head by head, so no token ever sees another sequence and there is nothing to mask.
///
/// q [R, C] of selected rows, k and v [T, C], each a range of columns of a tensor; o [R, C]. Kept for
/// the backward pass: the probabilities p of every (sequence, head), [R of the sequence, L], with the sign bit set
/// where dropout dropped them (a probability is never negative, so the sign is free to say so).
/// Backward, with p̃ = Drop(p) and g = ∂loss/∂o: ∂v = p̃ᵀ · g; ∂p = Drop'(g · vᵀ);
/// ∂s = p ∘ (∂p - Σ over the row of ∂p ∘ p); ∂q = ∂s · k / √D; ∂k = ∂sᵀ · q / √D.
///
/// Source: Vaswani et al. 2017, section 3.2; dropout on probabilities as in transformers 4.44.2 `modeling_bert.py`.
public struct TensorColumns {
  public let tensor: Tensor
  public let start: Int

  /// Columns from `start` on of `tensor`; how many is for the reader to say.
  public init(_ tensor: Tensor, from start: Int = 0) {
    (self.tensor, self.start) = (tensor, start)
  }

  var pointer: UnsafeMutablePointer<Float> { tensor.pointer + start }
  var stride: Int { tensor.columns }

  /// `count` columns [T, count], copied out.
  public func copyValues(_ count: Int) -> [Float] {
    precondition(start + count <= stride, "columns \(start)..<\(start + count) of \(stride)")
    var values: [Float] = []
    values.reserveCapacity(tensor.rows * count)
    for row in 0..<tensor.rows {
      values.append(contentsOf: UnsafeBufferPointer(start: pointer + row * stride, count: count))
    }
    return values
  }
}

struct AttentionNode {
  let queries: TensorColumns
  let keys: TensorColumns
  let values: TensorColumns
  let output: Tensor
  let work: AttentionWork
  let probabilities: UnsafeMutablePointer<Float>
  let mask: DropoutMask?
}

/// How attention's work is cut into tiles: some heads of one sequence each, the longest sequences first.
struct AttentionWork {
  struct Tile {
    let sequence: Int
    let heads: Range<Int>
  }

  let layout: SequenceLayout
  let selection: RowSelection
  let headCount: Int
  let headSize: Int
  let tiles: [Tile]
  /// Where the probabilities of each sequence begin.
  let probabilityOffsets: [Int]
  let probabilityCount: Int
  /// Scratch values a worker needs: two blocks [R of the sequence, L].
  let scratchCount: Int

  init(layout: SequenceLayout, selection: RowSelection, headCount: Int, headSize: Int) {
    (self.layout, self.selection) = (layout, selection)
    (self.headCount, self.headSize) = (headCount, headSize)
    var tiles: [(tile: Tile, cost: Int)] = []
    var offsets: [Int] = []
    var total = 0
    var largest = 0
    for n in 0..<layout.sequenceCount {
      let area = selection.range(of: n).count * layout.length(of: n)
      offsets.append(total)
      total += headCount * area
      largest = max(largest, area)
      guard area > 0 else { continue }
      // A tile is worth handing out from some ten microseconds on: about 4,096 probabilities.
      let heads = max(1, min(headCount, 4096 / area))
      for first in stride(from: 0, to: headCount, by: heads) {
        let range = first..<min(first + heads, headCount)
        tiles.append((Tile(sequence: n, heads: range), range.count * area))
      }
    }
    // A stable order, longest first, so that the last tile to finish is a short one.
    self.tiles = tiles.enumerated()
      .sorted { ($1.element.cost, $0.offset) < ($0.element.cost, $1.offset) }.map(\.element.tile)
    probabilityOffsets = offsets
    probabilityCount = total
    scratchCount = 2 * largest
  }

  /// Two products of every (sequence, head): q · kᵀ and p̃ · v.
  var forwardCost: OperationCost {
    OperationCost(
      .attention, .forward, flops: 4 * probabilityCount * headSize,
      values: 2 * (selection.count + layout.tokenCount) * headCount * headSize + probabilityCount)
  }

  /// Four products: p̃ᵀ · g, g · vᵀ, ∂s · k and ∂sᵀ · q.
  var backwardCost: OperationCost {
    OperationCost(
      .attention, .backward, flops: 8 * probabilityCount * headSize,
      values: (3 * selection.count + 4 * layout.tokenCount) * headCount * headSize
        + probabilityCount)
  }

  func placeOfMask(site: DropoutSite, sequence: Int, head: Int, row: Int) -> DropoutPlace {
    DropoutPlace(
      site: site.index, sequence: sequence, head: head, headCount: headCount,
      position: Int(selection.placement.positions[row]), paddedLength: layout.longest,
      paddedCount: layout.longest)
  }
}

extension ComputeScope {
  /// - Parameters:
  ///   - queries, keys, values: where q [R, C], k [T, C] and v [T, C] stand.
  ///   - layout: where each sequence begins among the T rows of keys and values.
  ///   - selection: which rows the queries are.
  ///   - headCount, headSize: H and D; C = H · D.
  ///   - site: dropout of the probabilities.
  /// - Returns: o [R, C].
  public func attention(
    queries: TensorColumns, keys: TensorColumns, values: TensorColumns, layout: SequenceLayout,
    selection: RowSelection, headCount: Int, headSize: Int, site: DropoutSite, mode: ForwardMode
  ) -> Tensor {
    precondition(
      queries.tensor.rows == selection.count && keys.tensor.rows == layout.tokenCount
        && values.tensor.rows == layout.tokenCount,
      "attention: \(queries.tensor.shape), \(keys.tensor.shape), \(values.tensor.shape) for "
        + "\(selection.count) of \(layout.tokenCount) tokens")
    let work = AttentionWork(
      layout: layout, selection: selection, headCount: headCount, headSize: headSize)
    let output = makeTensor(
      rows: selection.count, columns: headCount * headSize,
      differentiable: isDifferentiable(queries.tensor) || isDifferentiable(keys.tensor)
        || isDifferentiable(values.tensor))
    let kept: UnsafeMutablePointer<Float>? =
      isRecording ? allocate(work.probabilityCount, of: Float.self) : nil
    let mask = mode.mask(at: site)
    let (q, k, v, o) = (queries.pointer, keys.pointer, values.pointer, output.pointer)
    let scale = 1 / Float(headSize).squareRoot()
    engine.reserveScratch(work.scratchCount)

    engine.perform(work.forwardCost, tiles: work.tiles.count) { index, worker in
      let tile = work.tiles[index]
      let length = layout.length(of: tile.sequence)
      let first = Int(layout.offsets[tile.sequence])
      let rows = selection.range(of: tile.sequence)
      let area = rows.count * length
      let scratch = engine.scratch(of: worker)
      for head in tile.heads {
        let column = head * headSize
        let p = kept.map { $0 + work.probabilityOffsets[tile.sequence] + head * area } ?? scratch
        // s = q · kᵀ / √D, then p = softmax(s), in place.
        multiply(
          q + rows.lowerBound * queries.stride + column, strideA: queries.stride,
          k + first * keys.stride + column, strideB: keys.stride, transposeB: true, into: p,
          strideC: length, rows: rows.count, columns: length, inner: headSize, alpha: scale)
        for row in 0..<rows.count { RowKernels.softmax(p + row * length, length) }
        var dropped = p
        if let mask {
          dropped = scratch + area
          for row in 0..<rows.count {
            let place = work.placeOfMask(
              site: mask.site, sequence: tile.sequence, head: head, row: rows.lowerBound + row)
            AttentionDropout.drop(
              p + row * length, into: dropped + row * length, length, place: place, mask: mask)
          }
        }
        multiply(
          dropped, strideA: length, v + first * values.stride + column, strideB: values.stride,
          into: o + rows.lowerBound * output.columns + column, strideC: output.columns,
          rows: rows.count, columns: headSize, inner: length)
      }
    }
    if let kept {
      record(
        .attention(
          AttentionNode(
            queries: queries, keys: keys, values: values, output: output, work: work,
            probabilities: kept, mask: mask)))
    }
    return output
  }
}

extension AttentionNode {
  func backward(in scope: ComputeScope, upstream g: UnsafeMutablePointer<Float>) {
    let headSize = work.headSize
    let tensors = [queries.tensor, keys.tensor, values.tensor]
    // Queries, keys and values may be ranges of one tensor: ask for each gradient once.
    var gradients: [Int: (pointer: UnsafeMutablePointer<Float>, adds: Bool)] = [:]
    for tensor in tensors where gradients[tensor.slot] == nil {
      gradients[tensor.slot] = scope.gradientForContribution(to: tensor)
    }
    guard let dq = gradients[queries.tensor.slot], let dk = gradients[keys.tensor.slot],
      let dv = gradients[values.tensor.slot]
    else { return }
    let (q, k, v) = (queries.pointer, keys.pointer, values.pointer)
    let scale = 1 / Float(headSize).squareRoot()
    let stride = output.columns
    // A sequence of which no row was selected has no tile: its keys and values contributed nothing.
    for n in 0..<work.layout.sequenceCount where work.selection.range(of: n).isEmpty {
      for (columns, gradient) in [(keys, dk), (values, dv)] where !gradient.adds {
        for row in Int(work.layout.offsets[n])..<Int(work.layout.offsets[n + 1]) {
          (gradient.pointer + row * columns.stride + columns.start)
            .update(repeating: 0, count: stride)
        }
      }
    }
    scope.engine.reserveScratch(work.scratchCount)

    scope.engine.perform(work.backwardCost, tiles: work.tiles.count) { index, worker in
      let tile = work.tiles[index]
      let length = work.layout.length(of: tile.sequence)
      let first = Int(work.layout.offsets[tile.sequence])
      let rows = work.selection.range(of: tile.sequence)
      let area = rows.count * length
      let scratch = scope.engine.scratch(of: worker)
      for head in tile.heads {
        let column = head * headSize
        let p = probabilities + work.probabilityOffsets[tile.sequence] + head * area
        let upstream = g + rows.lowerBound * stride + column
        // o = p̃ · v: ∂v = p̃ᵀ · g
        var dropped = p
        if let mask {
          dropped = scratch + area
          AttentionDropout.restore(p, into: dropped, area, scale: mask.scale)
        }
        multiply(
          dropped, strideA: length, transposeA: true, upstream, strideB: stride,
          into: dv.pointer + values.start + first * values.stride + column, strideC: values.stride,
          rows: length, columns: headSize, inner: rows.count, beta: dv.adds ? 1 : 0)
        // ∂p̃ = g · vᵀ
        let ds = scratch
        multiply(
          upstream, strideA: stride, v + first * values.stride + column, strideB: values.stride,
          transposeB: true, into: ds, strideC: length, rows: rows.count, columns: length,
          inner: headSize)
        for row in 0..<rows.count {
          AttentionDropout.softmaxBackward(
            ds + row * length, probabilities: p + row * length, length, scale: mask?.scale ?? 1)
        }
        // s = q · kᵀ / √D
        multiply(
          ds, strideA: length, k + first * keys.stride + column, strideB: keys.stride,
          into: dq.pointer + queries.start + rows.lowerBound * queries.stride + column,
          strideC: queries.stride, rows: rows.count, columns: headSize, inner: length,
          alpha: scale, beta: dq.adds ? 1 : 0)
        multiply(
          ds, strideA: length, transposeA: true, q + rows.lowerBound * queries.stride + column,
          strideB: queries.stride,
          into: dk.pointer + keys.start + first * keys.stride + column, strideC: keys.stride,
          rows: length, columns: headSize, inner: rows.count, alpha: scale, beta: dk.adds ? 1 : 0)
      }
    }
  }
}
