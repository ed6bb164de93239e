/// `torch.randperm` on the CPU, for replaying the order a PyTorch run saw its data in.
public enum TorchPermutation {
  /// 0..<count in the order of `torch.randperm(count, generator=g)`, `g` seeded with `seed`.
  ///
  /// The modulo favours small numbers slightly; that is what is to be repeated.
  /// Source: torch 2.4.0 `aten/src/ATen/native/TensorFactories.cpp`, `randperm_cpu`.
  public static func order(count: Int, seed: UInt64) -> [Int] {
    var generator = MersenneTwister19937(seed: seed)
    var order = Array(0..<count)
    for i in 0..<max(0, count - 1) {
      order.swapAt(i, i + Int(generator.next32()) % (count - i))
    }
    return order
  }
}
