// Numbers that PyTorch made, read from Tests/Fixtures.
import Files
import Foundation
import Testing
import Transformers

@testable import Storage

/// One fixture file; a missing file or array fails the test that asks for it.
struct Fixture {
  private let file: MappedFile
  private let contents: HDF5Contents

  /// - Parameter name: such as `tiny_models.h5`.
  init(_ name: String) throws {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent()
    let path = tests.appendingPathComponent("Fixtures/\(name)").path
    file = try MappedFile(path: path)
    contents = try HDF5Library.locked { () throws(HDF5Error) in
      try HDF5Contents.read(path: path)
    }
  }

  func floats(_ path: String) throws -> [Float] {
    try elements(path, .float32)
  }

  func doubles(_ path: String) throws -> [Double] {
    let array = try #require(contents.arrays["/\(path)"], "\(path)")
    return array.type == .float32
      ? try floats(path).map(Double.init) : try elements(path, .float64)
  }

  func integers(_ path: String) throws -> [Int32] { try elements(path, .int32) }

  func shape(_ path: String) -> [Int]? { contents.arrays["/\(path)"]?.shape }

  func number(_ attribute: String, of group: String) throws -> Double {
    let value = try attributeValue(attribute, of: group)
    return try #require(value.real ?? value.integer.map(Double.init))
  }

  func text(_ attribute: String, of group: String) throws -> String {
    try #require(try attributeValue(attribute, of: group).text)
  }

  /// Names of the arrays below a group, relative to it.
  func names(in group: String) -> [String] {
    contents.arrays.keys.filter { $0.hasPrefix("/\(group)/") }
      .map { String($0.dropFirst(group.count + 2)) }.sorted()
  }

  private func attributeValue(_ attribute: String, of group: String) throws -> StoredValue {
    try #require(contents.attributes["/\(group)"]?[attribute], "\(group)@\(attribute)")
  }

  private func elements<Element: BitwiseCopyable>(
    _ path: String, _ type: ElementType
  ) throws -> [Element] {
    let array = try #require(contents.arrays["/\(path)"], "\(path)")
    try #require(array.type == type, "\(path) is \(array.type)")
    let bytes = file.bytes[array.offset..<array.offset + array.byteCount]
    return (0..<array.byteCount / MemoryLayout<Element>.stride).map {
      UnsafeRawBufferPointer(rebasing: bytes).loadUnaligned(
        fromByteOffset: $0 * MemoryLayout<Element>.stride, as: Element.self)
    }
  }
}

/// A group of a fixture as stored weights.
struct FixtureWeights: TensorSource {
  let fixture: Fixture
  let group: String

  var sourceDescription: String { group }
  var tensorNames: [String] { fixture.names(in: group) }

  func shape(ofTensor name: String) -> [Int]? { fixture.shape("\(group)/\(name)") }

  func read(tensor name: String, into values: UnsafeMutableBufferPointer<Float>) throws {
    _ = values.update(fromContentsOf: try fixture.floats("\(group)/\(name)"))
  }
}

/// The batch that fixtures of models were computed on.
struct FixtureBatch {
  let tokenIDs: [Int32]
  let layout: SequenceLayout
  /// [T], -1 where nothing is masked.
  let maskedLabels: [Int32]
  /// [N]
  let classes: [Int32]

  init(_ fixture: Fixture) throws {
    tokenIDs = try fixture.integers("batch/ids")
    layout = SequenceLayout(offsets: try fixture.integers("batch/offsets"))
    maskedLabels = try fixture.integers("batch/masked_labels").map { max($0, -1) }
    classes = try fixture.integers("batch/classes")
  }

  var maskedCount: Int { maskedLabels.count { $0 >= 0 } }
}
