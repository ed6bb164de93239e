// Our files read by h5py and safetensors, where a Python that has them is named; theirs read by us.
import Foundation
import RetortFiles
import RetortTestSupport
import Testing

@testable import RetortStorage

private let python = PeerProgram.python
private let root = PeerProgram.root

/// Runs Python and returns what it prints.
private func run(_ arguments: [String]) throws -> String {
  try PeerProgram.run(try #require(python), arguments)
}

@Suite("Other programs' readers", .enabled(if: python != nil, "RETORT_READERS_PYTHON is not set"))
struct PeerTests {
  @Test("h5py reads a checkpoint")
  func checkpoint() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    let small = SmallCheckpoint()
    small.content.progress["sums"] = .reals([0.5])  // the script refuses what is not finite
    try small.write(to: path)
    let text = try run([root.appendingPathComponent("Tests/Peers/read_checkpoint.py").path, path])
    #expect(
      text.contains("model/embeddings.word_embeddings.weight  [50, 16] float32 0.25 .. 799.25"))
    #expect(text.contains("@core_type = SkylakeX"))
    #expect(text.contains("@best_loss = 0.30000000000000004"))
    #expect(text.contains("files/vocab.txt"))
  }

  @Test("h5py reads an activation store, float16 as such")
  func activations() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a.h5")
    let kept = ModelOutputs(
      [
        .init(.hiddenState("1"), width: 2, precision: .f16),
        .init(.pooled("mean"), width: 2, precision: .f32),
      ], name: "a", layerCount: 1)
    let writer = try ExampleActivationWriter(
      path: path, layout: ExampleActivationLayout(kept), source: ["text": "ä"])
    try [Int32(7), 8].withUnsafeBufferPointer { tokens in
      try [Float(1.5), -0.1, 65504, 0x1p-24].withUnsafeBufferPointer { values in
        try writer.append(
          tokenIDs: tokens, offsets: [0, 2],
          outputs: [
            OutputValues([
              .hiddenState("1"): values,
              .pooled("mean"): UnsafeBufferPointer(rebasing: values[..<2]),
            ])
          ])
      }
    }
    try writer.finish()
    let text = try run([
      "-c",
      """
      import sys, h5py, numpy
      file = h5py.File(sys.argv[1])
      hidden = file["teachers/a/hidden/1"][()]
      expected = numpy.array([[1.5, -0.1], [65504, 2 ** -24]], dtype=numpy.float16)
      pooled = file["teachers/a/pooled/mean"]
      print(hidden.dtype, (hidden == expected).all(), file["offsets"][()], file["source"].attrs["text"])
      print(pooled.dtype, pooled.shape, file["teachers/a"].attrs["layer_count"])
      """, path,
    ])
    #expect(text == "float16 True [0 2] ä\nfloat32 (1, 2) 1\n")
  }

  @Test("safetensors reads what we write, and we read what it writes")
  func safetensors() throws {
    let folder = try TemporaryFolder()
    let (ours, theirs) = (folder.file("ours"), folder.file("theirs"))
    try [Float(1), 2, 3, 4, 5, 6].withUnsafeBufferPointer { values in
      try SafetensorsWriter.write(
        path: ours,
        tensors: [
          StoredTensor(path: "b.weight", shape: [2, 3], values: values),
          StoredTensor(path: "a \"ü\"", shape: [6], values: values),
        ])
    }
    let text = try run([
      "-c",
      """
      import sys, numpy
      from safetensors import safe_open, serialize_file
      from safetensors.numpy import load_file
      tensors = load_file(sys.argv[1])
      print(safe_open(sys.argv[1], "np").metadata(), sorted(tensors), tensors["b.weight"].tolist())
      values = numpy.array([[1.0, -2.5, 65504.0]], dtype=numpy.float32)
      # The upper halves of the bits, rounded to nearest: numpy has no bfloat16.
      halves = ((values.view(numpy.uint32) + 0x8000) >> 16).astype(numpy.uint16)
      entries = {"h": ("float16", values.astype(numpy.float16)), "b": ("bfloat16", halves),
                 "f": ("float32", values), "i": ("int64", numpy.array([1, 2])),
                 "flag": ("bool", numpy.array([True]))}
      serialize_file({name: {"dtype": kind, "shape": data.shape, "data": data.tobytes()}
                      for name, (kind, data) in entries.items()},
                     sys.argv[2], metadata={"format": "pt"})
      """, ours, theirs,
    ])
    #expect(
      text == "{'format': 'pt'} ['a \"ü\"', 'b.weight'] [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]\n")
    let file = try SafetensorsFile(path: theirs)
    #expect(try file.values("h") == [1, -2.5, 65504])
    #expect(try file.values("b") == [1, -2.5, 65536])
    #expect(try file.values("f") == [1, -2.5, 65504])
    #expect(file.entry("i")?.shape == [2])
    #expect(file.metadata == ["format": "pt"])
  }
}

@Suite("Other programs' HDF5 files")
struct HDF5FileTests {
  @Test("a fixture that h5py wrote is read")
  func fixture() throws {
    let path = root.appendingPathComponent("Tests/Fixtures/adamw.h5").path
    let file = try HDF5File(path: path)
    #expect(file.attributes()["h5py"]?.text?.isEmpty == false)
    #expect(file.arrayPaths.isEmpty == false)
    for name in file.arrayPaths {
      let count = try file.shape(name).reduce(1, *)
      switch try file.type(name) {
      case .float32, .float64: #expect(try file.floats(name).count == count)
      default: #expect(try file.integers(name).count == count)
      }
    }
    #expect(throws: HDF5FileError.missing(path: path, name: "/none")) { try file.floats("/none") }
  }

  @Test("what is no HDF5 file is refused in one line")
  func refused() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.replace(path: folder.file("a.h5"), with: "not HDF5")
    let error = #expect(throws: HDF5FileError.self) { try HDF5File(path: folder.file("a.h5")) }
    #expect(error?.description.contains("\n") == false)
  }
}
