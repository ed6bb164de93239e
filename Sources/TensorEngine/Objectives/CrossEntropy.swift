import Glibc

/// Cross-entropy of class logits with the right labels, in nats, one value a row, with p = softmax(xₙ) and y = yₙ:
///
///     (1 - ε) · w_y · (-log p_y)  +  ε/K · Σₖ wₖ · (-log pₖ)
///
/// logits x [N, K], differentiated; ε the label smoothing, w the weights of the classes, all 1 if not given. Gradient of
/// row n, times gradientScale:  W · p - (1 - ε) · w_y · onehot(y) - ε/K · w  with  W = (1 - ε) · w_y + ε/K · Σₖ wₖ. The mean
/// of torch.nn.CrossEntropyLoss(weight, label_smoothing) is the sum of the values over Σₙ w_y, which is N without weights.
/// - Source: torch 2.4.0 `nll_loss` and `cross_entropy_loss_label_smoothing`; without weights also `LabelSmoother` of
///   transformers 4.44.2.
extension ComputeScope {
  /// - Parameters:
  ///   - logits: x [N, K].
  ///   - labels: y [N], each in 0..<K.
  ///   - labelSmoothing: ε, from 0 to below 1.
  ///   - classWeights: w [K]; nil for 1 each.
  ///   - gradientScale: what the gradient of each row's loss is multiplied by, besides its weight.
  ///   - rowWeights: [N], what each row's loss and gradient are multiplied by; nil for 1 each.
  /// - Returns: the N losses, times their weights.
  public func crossEntropy(
    logits: Tensor, labels: [Int32], labelSmoothing: Double = 0, classWeights: [Double]? = nil,
    gradientScale: Double, rowWeights: [Double]? = nil
  ) -> [Double] {
    let (rows, classes) = (logits.rows, logits.columns)
    precondition(labels.count == rows, "\(labels.count) labels for logits \(logits.shape)")
    precondition(
      classWeights.map { $0.count == classes } ?? true,
      "\(classWeights?.count ?? 0) weights for logits \(logits.shape)")
    let x = logits.pointer
    let gradient = seed(logits)
    let weights = classWeights ?? [Double](repeating: 1, count: classes)
    let share = 1 - labelSmoothing
    let even = weights.map { labelSmoothing / Double(classes) * $0 }
    let evenTotal = even.reduce(0, +)
    let cost = OperationCost(
      .losses, .forward, values: (gradient == nil ? 1 : 2) * rows * classes)
    return engine.perform(cost) {
      labels.enumerated().map { row, label in
        precondition(label >= 0 && label < classes, "label \(label) of \(classes) classes")
        let logit = x + row * classes
        let highest = (0..<classes).reduce(-Double.infinity) { max($0, Double(logit[$1])) }
        let total = (0..<classes).reduce(0) { $0 + exp(Double(logit[$1]) - highest) }
        let own = share * weights[Int(label)]
        let weight = rowWeights?[row] ?? 1
        let gradientScale = gradientScale * weight
        if let gradient {
          for k in 0..<classes {
            let p = exp(Double(logit[k]) - highest) / total
            let g = Float(
              ((own + evenTotal) * p - (k == label ? own : 0) - even[k]) * gradientScale)
            let place = gradient.pointer + row * classes + k
            place.pointee = gradient.adds ? place.pointee + g : g
          }
        }
        let loss = own * (log(total) + highest - Double(logit[Int(label)]))
        guard labelSmoothing > 0 else { return weight * loss }
        return weight
          * (0..<classes).reduce(loss) {
            $0 + even[$1] * (log(total) + highest - Double(logit[$1]))
          }
      }
    }
  }

  /// Where a loss writes the gradient of what it reads; nil where nobody needs one.
  func seed(_ tensor: Tensor) -> (pointer: UnsafeMutablePointer<Float>, adds: Bool)? {
    isRecording && isDifferentiable(tensor) ? gradientForContribution(to: tensor) : nil
  }
}
