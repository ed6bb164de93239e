// A reader of Python's pickles that makes values and executes nothing.

/// A value that a pickle describes.
enum PickledValue {
  case none
  case truth(Bool)
  case integer(Int)
  case real
  case text(String)
  case tuple(PickledItems)
  case list(PickledItems)
  /// Keys and values in turn.
  case dictionary(PickledItems)
  /// A name of a module of Python: a class or a function, which is never called.
  case global(String)
  /// What `rebuild` made of a call.
  case tensor(TorchTensor)
  case storage(TorchStorage)
}

/// The items of a container; several values may refer to one container.
final class PickledItems {
  var values: [PickledValue] = []

  init(_ values: [PickledValue] = []) { self.values = values }

  /// Of a dictionary.
  var pairs: [(key: PickledValue, value: PickledValue)] {
    stride(from: 0, to: values.count - 1, by: 2).map { (values[$0], values[$0 + 1]) }
  }
}

/// Reads one pickle of protocol 2, as torch.save writes it. Opcodes and names beyond those are refused by name, so
/// that a file can ask for nothing.
/// Source: CPython 3.11, Lib/pickletools.py.
struct Unpickler {
  enum Failure: Error {
    /// The bytes are no pickle; `byte` counts from the beginning of the pickle.
    case malformed(byte: Int, what: String)
    case refused(byte: Int, what: String)
  }

  private var reader: LittleEndianBytes
  private var stack: [PickledValue] = []
  /// Heights of the stack at the marks.
  private var marks: [Int] = []
  private var memo: [Int: PickledValue] = [:]
  /// Every container, so that all can be emptied one by one: a chain of millions would overflow the stack when freed.
  private var containers: [PickledItems] = []
  /// Where the current opcode is.
  private var place = 0

  /// Where the pickle ended.
  var end: Int { reader.place }

  init(_ bytes: UnsafeRawBufferPointer, at start: Int = 0) {
    reader = LittleEndianBytes(bytes, at: start)
  }

  /// The pickle's value, handed to `use`, which must keep no container of it.
  mutating func read<Result>(
    _ use: (PickledValue) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { for container in containers { container.values.removeAll() } }
    while true {
      place = reader.place
      let code = try needed(reader.number(UInt8.self))
      guard let opcode = Opcode(rawValue: code) else {
        let name = Opcode.refused[code] ?? "0x" + String(code, radix: 16)
        throw .refused(byte: place, what: "the pickle's opcode \(name) is not supported")
      }
      if opcode == .stop { return try use(try pop()) }
      try carryOut(opcode)
    }
  }

  private func malformed(_ what: String) -> Failure { .malformed(byte: place, what: what) }

  private func needed<Value>(_ value: Value?) throws(Failure) -> Value {
    guard let value else { throw malformed("the pickle is cut short") }
    return value
  }

  private mutating func pop() throws(Failure) -> PickledValue {
    guard stack.count > (marks.last ?? 0) else { throw malformed("the pickle's stack is empty") }
    return stack.removeLast()
  }

  private mutating func popToMark() throws(Failure) -> [PickledValue] {
    guard let mark = marks.popLast() else {
      throw malformed("the pickle has no mark to go back to")
    }
    defer { stack.removeSubrange(mark...) }
    return Array(stack[mark...])
  }

  private mutating func container(_ values: [PickledValue] = []) -> PickledItems {
    let items = PickledItems(values)
    containers.append(items)
    return items
  }

  private mutating func text(_ count: Int?) throws(Failure) -> String {
    String(decoding: try needed(reader.take(try needed(count))), as: UTF8.self)
  }

  private func recall(_ key: Int) throws(Failure) -> PickledValue {
    guard let value = memo[key] else { throw malformed("the pickle has kept no value \(key)") }
    return value
  }

  private mutating func keep(_ key: Int) throws(Failure) {
    guard stack.count > (marks.last ?? 0), let value = stack.last else {
      throw malformed("the pickle's stack is empty")
    }
    memo[key] = value
  }

  private mutating func carryOut(_ opcode: Opcode) throws(Failure) {
    switch opcode {
    case .proto:
      let version = try needed(reader.number(UInt8.self))
      guard version == 2 else {
        throw .refused(byte: place, what: "a pickle of protocol \(version), expected 2")
      }
    case .stop: break
    case .mark: marks.append(stack.count)
    case .none: stack.append(.none)
    case .newTrue: stack.append(.truth(true))
    case .newFalse: stack.append(.truth(false))
    case .binInt: stack.append(.integer(Int(try needed(reader.number(Int32.self)))))
    case .binInt1: stack.append(.integer(Int(try needed(reader.number(UInt8.self)))))
    case .binInt2: stack.append(.integer(Int(try needed(reader.number(UInt16.self)))))
    case .long1: try pushLong()
    case .binFloat:
      _ = try needed(reader.take(8))
      stack.append(.real)
    case .binUnicode: stack.append(.text(try text(reader.size(UInt32.self))))
    case .emptyTuple: stack.append(.tuple(container()))
    case .emptyList: stack.append(.list(container()))
    case .emptyDictionary: stack.append(.dictionary(container()))
    case .tuple:
      let values = try popToMark()
      stack.append(.tuple(container(values)))
    case .tuple1, .tuple2, .tuple3:
      var values: [PickledValue] = []
      for _ in Opcode.tuple1.rawValue...opcode.rawValue { values.append(try pop()) }
      stack.append(.tuple(container(values.reversed())))
    case .append: try extendList([try pop()])
    case .appends: try extendList(try popToMark())
    case .setItem:
      let value = try pop()
      try extendDictionary([try pop(), value])
    case .setItems: try extendDictionary(try popToMark())
    case .binPut: try keep(Int(try needed(reader.number(UInt8.self))))
    case .longBinPut: try keep(try needed(reader.size(UInt32.self)))
    case .binGet: stack.append(try recall(Int(try needed(reader.number(UInt8.self)))))
    case .longBinGet: stack.append(try recall(try needed(reader.size(UInt32.self))))
    case .global:
      let module = String(decoding: try needed(reader.line()), as: UTF8.self)
      let name = "\(module).\(String(decoding: try needed(reader.line()), as: UTF8.self))"
      guard TorchGlobals.names.contains(name) || TorchStorage.kinds[name] != nil else {
        throw .refused(
          byte: place,
          what: "the pickle uses the Python name \(name.debugDescription), which is not allowed")
      }
      stack.append(.global(name))
    case .persistentID: stack.append(.storage(try storage(try pop())))
    case .reduce:
      let arguments = try pop()
      stack.append(try call(try pop(), arguments))
    case .build:
      // The attributes of a dictionary, which are no entries of it.
      _ = try pop()
      guard case .dictionary? = stack.last else {
        throw .refused(byte: place, what: "the pickle sets attributes of something")
      }
    }
  }

  private mutating func pushLong() throws(Failure) {
    let count = Int(try needed(reader.number(UInt8.self)))
    let bytes = try needed(reader.take(count))
    // Torch's magic number has ten bytes; no number that is used has more than eight.
    guard count <= 8 else { return stack.append(.none) }
    var value = bytes.last.map { $0 >= 0x80 } ?? false ? -1 : 0
    for byte in bytes.reversed() { value = value << 8 | Int(byte) }
    stack.append(.integer(value))
  }

  private mutating func extendList(_ values: [PickledValue]) throws(Failure) {
    guard case .list(let items)? = stack.last else { throw malformed("a list was expected") }
    items.values += values
  }

  private mutating func extendDictionary(_ values: [PickledValue]) throws(Failure) {
    guard case .dictionary(let items)? = stack.last, values.count.isMultiple(of: 2) else {
      throw malformed("a dictionary was expected")
    }
    items.values += values
  }

  // MARK: What torch's names stand for

  private func storage(_ id: PickledValue) throws(Failure) -> TorchStorage {
    guard case .tuple(let items) = id, items.values.count >= 5,
      case .text("storage") = items.values[0], case .global(let type) = items.values[1],
      let kind = TorchStorage.kinds[type], case .text(let key) = items.values[2],
      case .integer(let count) = items.values[4], count >= 0
    else { throw malformed("not a reference to a storage") }
    if items.values.count > 5, case .tuple = items.values[5] {
      throw .refused(byte: place, what: "the pickle has a storage that is a view of another")
    }
    return TorchStorage(key: key, kind: kind, count: count)
  }

  private mutating func call(
    _ function: PickledValue, _ arguments: PickledValue
  ) throws(Failure) -> PickledValue {
    guard case .global(let name) = function, case .tuple(let items) = arguments else {
      throw malformed("a call of something that is no name")
    }
    switch (name, items.values.count) {
    case (TorchGlobals.orderedDictionary, 0): return .dictionary(container())
    case (TorchGlobals.rebuildTensor, 6...7):
      guard case .storage(let storage) = items.values[0],
        case .integer(let offset) = items.values[1], case .tuple(let size) = items.values[2],
        case .tuple(let stride) = items.values[3]
      else { throw malformed("not the description of a tensor") }
      return .tensor(
        TorchTensor(
          storage: storage, offset: offset, shape: try integers(size.values),
          strides: try integers(stride.values)))
    case (TorchGlobals.rebuildParameter, 3):
      guard case .tensor = items.values[0] else { throw malformed("a parameter without a tensor") }
      return items.values[0]
    default:
      throw .refused(
        byte: place,
        what: "the pickle calls \(name.debugDescription) with \(items.values.count) arguments")
    }
  }

  private func integers(_ values: [PickledValue]) throws(Failure) -> [Int] {
    var integers: [Int] = []
    for value in values {
      guard case .integer(let integer) = value else { throw malformed("a size that is no number") }
      integers.append(integer)
    }
    return integers
  }
}

/// The names that a pickle of tensors may have, beside its storages'.
enum TorchGlobals {
  static let orderedDictionary = "collections.OrderedDict"
  static let rebuildTensor = "torch._utils._rebuild_tensor_v2"
  static let rebuildParameter = "torch._utils._rebuild_parameter"
  static let names: Set<String> = [orderedDictionary, rebuildTensor, rebuildParameter]
}

/// The opcodes that are carried out.
enum Opcode: UInt8 {
  case mark = 0x28
  case emptyTuple = 0x29
  case stop = 0x2E
  case binFloat = 0x47
  case binInt = 0x4A
  case binInt1 = 0x4B
  case binInt2 = 0x4D
  case none = 0x4E
  case persistentID = 0x51
  case reduce = 0x52
  case binUnicode = 0x58
  case emptyList = 0x5D
  case append = 0x61
  case build = 0x62
  case global = 0x63
  case appends = 0x65
  case binGet = 0x68
  case longBinGet = 0x6A
  case binPut = 0x71
  case longBinPut = 0x72
  case setItem = 0x73
  case tuple = 0x74
  case setItems = 0x75
  case emptyDictionary = 0x7D
  case proto = 0x80
  case tuple1 = 0x85
  case tuple2 = 0x86
  case tuple3 = 0x87
  case newTrue = 0x88
  case newFalse = 0x89
  case long1 = 0x8A

  /// Names of the others.
  static let refused: [UInt8: String] = [
    0x30: "POP", 0x31: "POP_MARK", 0x32: "DUP", 0x42: "BINBYTES", 0x43: "SHORT_BINBYTES",
    0x46: "FLOAT", 0x49: "INT", 0x4C: "LONG", 0x50: "PERSID", 0x53: "STRING", 0x54: "BINSTRING",
    0x55: "SHORT_BINSTRING", 0x56: "UNICODE", 0x64: "DICT", 0x67: "GET", 0x69: "INST", 0x6C: "LIST",
    0x6F: "OBJ", 0x70: "PUT", 0x81: "NEWOBJ", 0x82: "EXT1", 0x83: "EXT2", 0x84: "EXT4",
    0x8B: "LONG4", 0x8C: "SHORT_BINUNICODE", 0x8D: "BINUNICODE8", 0x8E: "BINBYTES8",
    0x8F: "EMPTY_SET", 0x90: "ADDITEMS", 0x91: "FROZENSET", 0x92: "NEWOBJ_EX",
    0x93: "STACK_GLOBAL", 0x94: "MEMOIZE", 0x95: "FRAME", 0x96: "BYTEARRAY8", 0x97: "NEXT_BUFFER",
    0x98: "READONLY_BUFFER",
  ]
}
