/// One minus the cosine between student's and teacher's hidden states:  1 - s·t / √((|s|² + ε)(|t|² + ε)), one
/// value a row, ε = 10⁻¹².
///
/// student s [R, C], differentiated; teacher t [R, C], constant. The mean over R of
/// torch.nn.CosineEmbeddingLoss with target 1, with gradientScale = 1/R.
/// Gradient: -(t / √(..) - cos · s / (|s|² + ε)) · gradientScale.
/// Source: Sanh et al. 2019, section 2; ε as in ATen/native/Loss.cpp of torch 2.4.0.
extension ComputeScope {
  /// - Parameters:
  ///   - student: s [R, C], differentiated.
  ///   - teacher: t [R, C], constant.
  ///   - gradientScale: what the gradient of each row's loss is multiplied by, besides its weight.
  ///   - rowWeights: [R], what each row's loss and gradient are multiplied by; nil for 1 each.
  /// - Returns: the R losses, times their weights.
  public func cosineEmbeddingLoss(
    student: Tensor, teacher: Tensor, gradientScale: Double, rowWeights: [Double]? = nil
  ) -> [Double] {
    precondition(
      student.shape == teacher.shape, "student \(student.shape) and teacher \(teacher.shape)")
    let columns = student.columns
    let (studentBase, teacherBase) = (student.pointer, teacher.pointer)
    let gradient = seed(student)
    return lossesOfRows(
      of: student, matrices: gradient == nil ? 2 : 3, weights: rowWeights
    ) { row, weight in
      let gradientScale = gradientScale * weight
      let (s, t) = (studentBase + row * columns, teacherBase + row * columns)
      let squareS = Double(RowKernels.dot(s, s, columns)) + 1e-12
      let squareT = Double(RowKernels.dot(t, t, columns)) + 1e-12
      let norm = (squareS * squareT).squareRoot()
      let cosine = Double(RowKernels.dot(s, t, columns)) / norm
      if let gradient {
        let fromTeacher = Vector(repeating: Float(-gradientScale / norm))
        let fromStudent = Vector(repeating: Float(gradientScale * cosine / squareS))
        let g = gradient.pointer + row * columns
        for part in VectorParts(columns) {
          let new = (load(t, part) * fromTeacher).addingProduct(load(s, part), fromStudent)
          store(gradient.adds ? load(g, part) + new : new, g, part)
        }
      }
      return 1 - cosine
    }
  }
}
