// What terms that compare layers by a map share.

/// A term that compares layers of the student with layers of the teacher.
public protocol LayerMapTerm: LossTerm {
  /// What its map numbers.
  static var layers: LayerMap.Layers { get }
  var layerMap: LayerMap { get set }
}

extension LayerMapTerm {
  public var leavesLayersOpen: Bool { layerMap.isOpen }

  public func resolved(student: ModelDimensions, teacher: ModelDimensions) -> Self {
    var term = self
    term.layerMap = layerMap.resolved(of: Self.layers, student: student, teacher: teacher)
    return term
  }
}
