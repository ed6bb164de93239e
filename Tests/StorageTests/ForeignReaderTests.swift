// Every kind of file we write, number for number, as h5py and as HDF5's own h5dump read it.
import Foundation
import RetortTestSupport
import Testing

@testable import RetortStorage

@Suite("Every kind of file, read by others")
struct ForeignReaderTests {
  /// An array as a reader sees it; numbers as doubles, which hold all our types exactly.
  private struct Reading: Equatable {
    var shape: [Int]
    var values: [Double]
  }

  private func ours(_ path: String) throws -> [String: Reading] {
    let file = try HDF5File(path: path)
    return try Dictionary(
      uniqueKeysWithValues: file.arrayPaths.map { name in
        let values: [Double] =
          switch try file.type(name) {
          case .int32, .int64, .uint8: try file.integers(name).map(Double.init)
          default: try file.doubles(name)
          }
        return (name, Reading(shape: try file.shape(name), values: values))
      })
  }

  /// Writes a file, and expects another reader to find in it what ours does.
  private func expectSame(
    _ kind: WrittenFile, _ read: (_ path: String, _ arrays: [String]) throws -> [String: Reading]
  ) throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    try kind.write(to: path)
    let expected = try ours(path)
    #expect(kind.arrays.isSubset(of: Set(expected.keys)))
    let found = try read(path, expected.keys.sorted())
    #expect(found.keys.sorted() == expected.keys.sorted())
    for (name, reading) in expected { #expect(found[name] == reading, "\(name)") }
  }

  @Test(
    "h5py", .enabled(if: PeerProgram.python != nil, "RETORT_READERS_PYTHON is not set"),
    arguments: WrittenFile.allCases)
  func h5py(kind: WrittenFile) throws {
    let python = try #require(PeerProgram.python)
    try expectSame(kind) { path, _ in
      let text = try PeerProgram.run(
        python,
        [
          "-c",
          """
          import sys, h5py
          def show(name, item):
              dict(item.attrs)
              if isinstance(item, h5py.Dataset):
                  shape = ",".join(map(str, item.shape))
                  print("/" + name, shape, *(float(x).hex() for x in item[()].reshape(-1)))
          file = h5py.File(sys.argv[1], "r")
          dict(file.attrs)
          file.visititems(show)
          """, path,
        ])
      return try Dictionary(
        uniqueKeysWithValues: text.split(separator: "\n").map { line in
          let fields = line.split(separator: " ")
          return (
            String(fields[0]),
            Reading(
              shape: fields[1].split(separator: ",").compactMap { Int($0) },
              values: try fields.dropFirst(2).map { try #require(Double($0), "\($0)") })
          )
        })
    }
  }

  @Test(
    "h5dump",
    .enabled(if: PeerProgram.h5dump != nil, "no h5dump in PATH (Debian: hdf5-tools)"),
    arguments: WrittenFile.allCases)
  func h5dump(kind: WrittenFile) throws {
    let h5dump = try #require(PeerProgram.h5dump)
    try expectSame(kind) { path, arrays in
      // The whole file first, attributes and all.
      #expect(try PeerProgram.run(h5dump, [path]).hasPrefix("HDF5 \"\(path)\""))
      return try Dictionary(
        uniqueKeysWithValues: arrays.map { name in
          // No indices, no line breaks, digits enough for every bit.
          let text = try PeerProgram.run(
            h5dump, ["-y", "-w", "0", "-m", "%.17g", "-d", name, path])
          return (name, try reading(ofDump: text))
        })
    }
  }

  /// `DATASPACE SIMPLE { ( 5, 4 ) / ... }` and `DATA { 1, 2, 3 }`.
  private func reading(ofDump text: String) throws -> Reading {
    func numbers(after opening: String, until closing: Character) throws -> [Double] {
      let start = try #require(text.range(of: opening), "\(opening) in \(text)")
      return try text[start.upperBound...].prefix { $0 != closing }
        .split { ", \n".contains($0) }.map { try #require(Double($0), "\($0)") }
    }
    return Reading(
      shape: try numbers(after: "SIMPLE { (", until: ")").map { Int($0) },
      values: try numbers(after: "DATA {", until: "}"))
  }
}
