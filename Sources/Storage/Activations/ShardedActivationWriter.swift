// Activations on their way to the disk: finished shards first, one HDF5 file at the end.
import Glibc
import RetortFiles
import RetortNumbers

/// Writes the columns of a store. Rows collect in memory; when they are many enough, or the oldest have waited long enough,
/// and a unit (a sequence, a batch) is complete, they become a shard: a file that is never changed again. Killed at any
/// moment, a later writer goes on behind the last shard.
final class ShardedActivationWriter {
  /// Where the finished store will be.
  let path: String
  /// Sequences or batches that finished shards hold: where to go on.
  var finishedUnitCount: Int { manifest.unitCount }
  /// Bytes of the finished shards.
  var finishedByteCount: Int { manifest.shards.reduce(0) { $0 + manifest.byteCount(of: $1) } }
  /// Values too large for binary16 so far, clipped to ±65504.
  var overflowCount: Int { manifest.overflowCount + overflows }

  private var manifest: ActivationManifest
  private let folder: String
  private let lock: FolderLock
  private let limit: ShardLimit
  private var lastEnd = ContinuousClock.now
  private var buffers: [GrowingBytes]
  private var units = 0
  private var overflows = 0

  /// Begins a store, or goes on with the unfinished one of the same manifest. One in which nothing is finished yet is
  /// begun anew, whatever it was for.
  /// - Throws: also for a folder of that name with files of somebody else's.
  init(
    path: String, manifest: ActivationManifest, limit: ShardLimit
  ) throws(ActivationStoreError) {
    self.path = path
    self.limit = limit
    folder = path + ".partial"
    do throws(FileError) {
      try Folder.createOwn(path: folder)
      lock = try FolderLock(folder: folder)
    } catch {
      throw .file(error)
    }
    let begun = try ActivationManifest.read(in: folder)
    let others = try Self.names(in: folder, besidesThoseOf: begun)
    guard others.isEmpty else {
      throw .file(
        .unexpected(
          path: folder, expected: "no such folder, or an unfinished store",
          found: "one with \(others[0])"))
    }
    buffers = manifest.columns.map { _ in GrowingBytes() }
    // One without a shard has nothing that could be lost.
    if let begun, !begun.shards.isEmpty {
      if let difference = begun.difference(from: manifest) {
        throw .begunForAnother(folder: folder, what: difference)
      }
      self.manifest = begun
      for shard in begun.shards { _ = try open(shard, verify: true) }
    } else {
      self.manifest = manifest
      try manifest.write(in: folder)
    }
  }

  /// What is in the folder and belongs to no store: neither a shard, nor the manifest, nor a file that is being written.
  private static func names(
    in folder: String, besidesThoseOf manifest: ActivationManifest?
  ) throws(ActivationStoreError) -> [String] {
    do throws(FileError) {
      return try Folder.names(path: folder).sorted().filter { name in
        !name.hasPrefix(".") && name != ActivationManifest.name
          && !(name.hasSuffix(shardEnding) && manifest != nil)
      }
    } catch {
      throw .file(error)
    }
  }

  private static let shardEnding = ".shard"

  /// The number of the column at a path.
  func column(_ path: String) -> Int {
    guard let column = manifest.columns.firstIndex(where: { $0.path == path }) else {
      preconditionFailure("a store without \(path)")
    }
    return column
  }

  /// Rows of a column so far, those in memory included.
  func rowCount(_ column: Int) -> Int {
    manifest.rowCount(column) + buffers[column].count / manifest.columns[column].rowByteCount
  }

  /// Adds whole rows to a column.
  func append(_ bytes: UnsafeRawBufferPointer, to column: Int) {
    precondition(
      bytes.count % manifest.columns[column].rowByteCount == 0,
      "\(manifest.columns[column].path): \(bytes.count) bytes are not whole rows")
    buffers[column].extend(by: bytes.count).copyMemory(from: bytes)
  }

  func append<Element: BitwiseCopyable>(_ values: [Element], to column: Int) {
    values.withUnsafeBytes { append($0, to: column) }
  }

  /// Adds whole rows of float32 to a column, narrowed if it is one of binary16.
  func append(_ values: UnsafeBufferPointer<Float>, to column: Int) {
    guard manifest.columns[column].type == .float16 else {
      return append(UnsafeRawBufferPointer(values), to: column)
    }
    let target = buffers[column].extend(by: 2 * values.count).bindMemory(to: UInt16.self)
    guard let start = target.baseAddress else { return }
    overflows += HalfPrecision.narrow(values, into: start)
  }

  /// Ends units that were added together: only here can a shard end.
  func endUnits(_ count: Int = 1) throws(ActivationStoreError) {
    units += count
    if buffers.reduce(0, { $0 + $1.count }) >= limit.bytes || .now - lastEnd >= limit.age {
      try endShard()
    }
  }

  /// Puts what is in memory on the disk, for a later writer to go on behind.
  func save() throws(ActivationStoreError) {
    if units > 0 { try endShard() }
  }

  /// Makes one HDF5 file of all shards and removes them.
  /// - Parameter attributes: by group.
  func finish(
    attributes: [String: [String: StoredValue]]
  ) throws(ActivationStoreError) {
    try save()
    try join(attributes)
    lock.release()
    // Somebody may have put files into the folder in the meantime.
    let others = try Self.names(in: folder, besidesThoseOf: manifest)
    do throws(FileError) {
      guard others.isEmpty else {
        for name in manifest.shards.map(\.name) + [ActivationManifest.name] {
          guard unlink("\(folder)/\(name)") == 0 else {
            throw .failed(action: "remove", path: "\(folder)/\(name)", code: errno)
          }
        }
        return
      }
      try Folder.remove(path: folder)
    } catch {
      throw .file(error)
    }
  }

  private func endShard() throws(ActivationStoreError) {
    let name = "\(manifest.shards.count)\(Self.shardEnding)"
    var digest = XXH64()
    do throws(FileError) {
      let writer = try AtomicFileWriter(path: "\(folder)/\(name)")
      for buffer in buffers {
        digest.update(buffer.bytes)
        try writer.write(buffer.bytes)
      }
      try writer.commit()
    } catch {
      throw .file(error)
    }
    let rows = zip(manifest.columns, buffers).map { $1.count / $0.rowByteCount }
    manifest.shards.append(
      ActivationManifest.Shard(
        name: name, units: units, rows: rows, overflows: overflows, digest: digest.hexDigest()))
    try manifest.write(in: folder)
    for buffer in buffers { buffer.removeAll() }
    units = 0
    overflows = 0
    lastEnd = .now
  }

  private func open(
    _ shard: ActivationManifest.Shard, verify: Bool
  ) throws(ActivationStoreError) -> MappedFile {
    let file: MappedFile
    do throws(FileError) {
      file = try MappedFile(path: "\(folder)/\(shard.name)")
    } catch {
      throw .file(error)
    }
    guard file.bytes.count == manifest.byteCount(of: shard) else {
      throw .damaged(path: folder, what: "\(shard.name) has \(file.bytes.count) bytes")
    }
    guard verify else { return file }
    var digest = XXH64()
    file.stream(from: 0) { digest.update($0) }
    guard digest.hexDigest() == shard.digest else {
      throw .damaged(path: folder, what: "\(shard.name) has changed")
    }
    return file
  }

  private func join(
    _ attributes: [String: [String: StoredValue]]
  ) throws(ActivationStoreError) {
    for shard in manifest.shards { _ = try open(shard, verify: true) }
    // Bytes of each shard that are in the store already.
    var places = manifest.shards.map { _ in 0 }
    var failure: ActivationStoreError?
    do throws(SealedFileError) {
      try SealedHDF5File.write(path: path, kind: .activationStore) { (builder) throws(HDF5Error) in
        for (name, value) in (attributes["/"] ?? [:]).sorted(by: { $0.key < $1.key }) {
          try builder.attribute(name, value, of: "/")
        }
        try builder.values(manifest.source.mapValues { .text($0) }, in: "/source")
        for group in groups { try builder.group(group) }
        for (group, values) in attributes.sorted(by: { $0.key < $1.key }) where group != "/" {
          for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            try builder.attribute(name, value, of: group)
          }
        }
        for (index, column) in manifest.columns.enumerated() {
          let zero = [UInt8](repeating: 0, count: column.beginsWithZero ? column.rowByteCount : 0)
          let rows = manifest.rowCount(index) + (column.beginsWithZero ? 1 : 0)
          try builder.array(
            column.path, column.type, shape: [rows] + column.rowShape
          ) { (write) throws(HDF5Error) in
            try zero.withUnsafeBufferPointer { (first) throws(HDF5Error) in
              try write(UnsafeRawBufferPointer(first))
            }
            // One file after another is open, and none stays in memory.
            for (number, shard) in manifest.shards.enumerated() {
              let file: MappedFile
              do throws(ActivationStoreError) {
                file = try open(shard, verify: false)
              } catch {
                failure = error
                throw HDF5Error(call: "open", object: column.path, reason: error.description)
              }
              let part = places[number]..<places[number] + shard.rows[index] * column.rowByteCount
              defer { withExtendedLifetime(file) {} }
              try write(UnsafeRawBufferPointer(rebasing: file.bytes[part]))
              places[number] = part.upperBound
            }
          }
        }
      }
    } catch {
      throw failure ?? .store(error)
    }
  }

  /// The columns' groups, each behind its parent.
  private var groups: [String] {
    var found: Set<String> = []
    for column in manifest.columns {
      var path = column.path
      while let group = Folder.parent(of: path), group != "/" {
        found.insert(group)
        path = group
      }
    }
    return found.sorted()
  }
}

/// When rows in memory become a shard.
public struct ShardLimit: Sendable {
  /// Of all columns together.
  public var bytes: Int
  /// Since the last shard: as much work is lost at most when the program is killed.
  public var age: Duration

  public init(bytes: Int = 64 << 20, age: Duration = .seconds(60)) {
    (self.bytes, self.age) = (bytes, age)
  }
}

/// Bytes that grow at the end.
private final class GrowingBytes {
  private var start: UnsafeMutableRawPointer?
  private var capacity = 0
  private(set) var count = 0

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: count) }

  deinit { start?.deallocate() }

  /// Room for more bytes at the end, to be filled at once.
  func extend(by added: Int) -> UnsafeMutableRawBufferPointer {
    if count + added > capacity {
      capacity = max(2 * capacity, count + added, 1 << 16)
      let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 64)
      larger.copyMemory(from: start ?? larger, byteCount: start == nil ? 0 : count)
      start?.deallocate()
      start = larger
    }
    defer { count += added }
    return UnsafeMutableRawBufferPointer(start: start.map { $0 + count }, count: added)
  }

  func removeAll() { count = 0 }
}
