import Glibc

/// Cross-entropy of class logits with the right labels, in nats:  -log softmax(xₙ)[yₙ], one value a row.
///
/// logits x [N, K], differentiated. Gradient of row n: (softmax(xₙ) - onehot(yₙ)) · gradientScale. The mean over
/// N of torch.nn.CrossEntropyLoss is the values' mean, with gradientScale = 1/N.
extension ComputeScope {
  /// - Parameters:
  ///   - logits: x [N, K].
  ///   - labels: y [N], each in 0..<K.
  ///   - gradientScale: what the gradient of each row's loss is multiplied by.
  /// - Returns: the N losses.
  public func crossEntropy(logits: Tensor, labels: [Int32], gradientScale: Double) -> [Double] {
    let (rows, classes) = (logits.rows, logits.columns)
    precondition(labels.count == rows, "\(labels.count) labels for logits \(logits.shape)")
    let x = logits.pointer
    let gradient = seed(logits)
    let cost = OperationCost(
      .losses, .forward, values: (gradient == nil ? 1 : 2) * rows * classes)
    return engine.perform(cost) {
      labels.enumerated().map { row, label in
        precondition(label >= 0 && label < classes, "label \(label) of \(classes) classes")
        let logit = x + row * classes
        let highest = (0..<classes).reduce(-Double.infinity) { max($0, Double(logit[$1])) }
        let total = (0..<classes).reduce(0) { $0 + exp(Double(logit[$1]) - highest) }
        if let gradient {
          for k in 0..<classes {
            let p = exp(Double(logit[k]) - highest) / total
            let g = Float((p - (k == label ? 1 : 0)) * gradientScale)
            let place = gradient.pointer + row * classes + k
            place.pointee = gradient.adds ? place.pointee + g : g
          }
        }
        return log(total) + highest - Double(logit[Int(label)])
      }
    }
  }

  /// Where a loss writes the gradient of what it reads; nil where nobody needs one.
  func seed(_ tensor: Tensor) -> (pointer: UnsafeMutablePointer<Float>, adds: Bool)? {
    isRecording && isDifferentiable(tensor) ? gradientForContribution(to: tensor) : nil
  }
}
