// Numbers that PyTorch made, read from Tests/Fixtures.
import Foundation
import RetortStorage
import Testing

/// One fixture file, written by the scripts under Tests/Peers and by nothing else. A missing file, group or
/// array fails the test that asks for it.
public struct Fixture: Sendable {
  private let file: HDF5File

  /// - Parameter name: such as `tiny_models.h5`.
  public init(_ name: String) throws {
    file = try HDF5File(path: Self.path(of: name))
  }

  /// Where a fixture is, for those that are not HDF5.
  public static func path(of name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/\(name)").path
  }

  public func floats(_ path: String) throws -> [Float] {
    try #require(try file.type("/\(path)") == .float32, "\(path)")
    return try file.floats("/\(path)")
  }

  /// An array of float64 or float32.
  public func doubles(_ path: String) throws -> [Double] { try file.doubles("/\(path)") }

  public func integers(_ path: String) throws -> [Int32] {
    try file.integers("/\(path)").map { try #require(Int32(exactly: $0), "\(path)") }
  }

  public func has(_ path: String) -> Bool { file.has("/\(path)") }

  /// The shape of an array, nil if there is none.
  public func shape(_ path: String) -> [Int]? { try? file.shape("/\(path)") }

  /// A matrix in double precision; a vector is a matrix of one row.
  public func matrix(_ path: String) throws -> Matrix {
    let shape = try file.shape("/\(path)")
    return Matrix(
      shape.dropLast().reduce(1, *), try #require(shape.last, "\(path)"), try floats(path))
  }

  public func number(_ attribute: String, of group: String) throws -> Double {
    let value = try value(attribute, of: group)
    return try #require(value.real ?? value.integer.map(Double.init), "\(group)@\(attribute)")
  }

  public func text(_ attribute: String, of group: String) throws -> String {
    try #require(try value(attribute, of: group).text, "\(group)@\(attribute)")
  }

  public func has(_ attribute: String, of group: String) throws -> Bool {
    file.attributes(of: "/\(group)")[attribute] != nil
  }

  /// Names of the arrays below a group, relative to it.
  public func names(in group: String) -> [String] {
    file.arrayPaths.filter { $0.hasPrefix("/\(group)/") }.map {
      String($0.dropFirst(group.count + 2))
    }
  }

  /// Groups that hold arrays of their own, without the leading slash.
  public var groups: [String] {
    Set(file.arrayPaths.compactMap { $0.lastIndex(of: "/").map($0.prefix(upTo:)) })
      .map { String($0.dropFirst()) }.sorted()
  }

  private func value(_ attribute: String, of group: String) throws -> StoredValue {
    try #require(file.attributes(of: "/\(group)")[attribute], "\(group)@\(attribute)")
  }
}
