// Known answers computed with Python's hashlib and with xxhash 3.5 over bytes (131·i + 17) mod 256.
import RetortFiles
import RetortTestSupport
import Testing

private func message(_ count: Int) -> [UInt8] {
  (0..<count).map { UInt8(truncatingIfNeeded: $0 * 131 + 17) }
}

@Suite("Digests")
struct DigestTests {
  @Test(
    "XXH64 gives the reference's values",
    arguments: [
      (0, 0xef46_db37_51d8_e999, 0xac75_fda2_929b_17ef),
      (1, 0xad10_cd97_80ac_4ff7, 0xf88a_e2f4_8ef2_4881),
      (3, 0x4062_6d96_276e_4594, 0xf001_4c3e_7499_73ce),
      (4, 0x8822_07c1_22c7_6e23, 0xc094_e599_7a59_fca8),
      (7, 0xcfc9_0033_aa9d_ac4f, 0xfc78_838e_468e_8d43),
      (8, 0x90fd_a2f0_89fa_86de, 0x9695_ee78_1e77_0068),
      (12, 0x3338_61b2_5fd6_348b, 0x4bc9_f527_e8d8_b11f),
      (31, 0x44cc_9efe_5d2d_0233, 0xd31a_362c_3b01_d50a),
      (32, 0x0e1a_ab1d_173c_f196, 0x7c01_8557_5a4c_21e7),
      (33, 0x5c82_0b4b_4fe2_8fdc, 0xeb17_9ec5_ed36_d2a8),
      (63, 0x1153_d36c_ade8_7066, 0x53a4_74f0_3614_30b1),
      (64, 0xd4c2_0ef5_4cbc_9f67, 0x2a36_d2b8_f242_2df9),
      (65, 0xac08_6c9b_87ba_ea67, 0x2eef_369b_f4da_58a1),
      (100, 0x7f83_75f3_e09d_8123, 0x4df3_0046_fd46_879f),
      (4096, 0xa78a_1899_df4c_cfdc, 0x2712_8975_9015_4f6a),
      (100003, 0x21ff_d9d9_3e9d_5c56, 0x3798_632f_b83d_6000),
    ] as [(Int, UInt64, UInt64)])
  func fastDigest(count: Int, unseeded: UInt64, seeded: UInt64) {
    message(count).withUnsafeBytes { bytes in
      #expect(XXH64.digest(of: bytes) == unseeded)
      #expect(XXH64.digest(of: bytes, seed: 2_654_435_761) == seeded)
    }
  }

  @Test(
    "SHA-256 gives the reference's values",
    arguments: [
      (0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      (3, "abf0f7ab4223b86bbafb06e42d0caf0e889d27619b946d440a128bb405b7c5a3"),
      (55, "59aaae80b8e7958f5757b4ac9274f1fd57ec0dc7aa8349319102316781b92006"),
      (56, "dca902d31487ffab357ce36cc5abc6947fbb69127ec04c468ba5687268c4bf7c"),
      (63, "b8e655e9e7ad413b96f0a371eb1d6db71dcca27f4eee35892517cbe4bfaa6f9a"),
      (64, "e5146be62accc56709594cb45c651b361df94f622cbb09b91ea3ca7a2060bd53"),
      (65, "4b6c6774f0cbcd776a90e187b9494e04ca880c0afe3ea1c5cad51c8bbcb41f74"),
      (119, "3244509f8746f6fb511ca8a72a292a4d7d12e456cce283c03f169dbbcb0d512e"),
      (120, "c5236e50172da3b69c903dcd3b3bb8ce855182f79364d1b59ed36367aa25e468"),
      (128, "ed045c7c319e0c9286e1dea21c80bfd4a08eca43e02e13ee8a7a2c8b4b2baec9"),
      (1000, "9b1f933854c88e4433633db24196b7ba6282b9553cdee714193554db462d3169"),
    ])
  func publishedDigest(count: Int, expected: String) {
    #expect(SHA256.hexDigest(of: message(count)) == expected)
  }

  @Test(
    "in pieces of any size the digests are those of the whole",
    arguments: [1, 7, 31, 32, 33, 64, 65, 500])
  func streaming(piece: Int) {
    message(1000).withUnsafeBytes { bytes in
      var fast = XXH64()
      var published = SHA256()
      for start in stride(from: 0, to: bytes.count, by: piece) {
        let part = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + piece, bytes.count)])
        fast.update(part)
        published.update(part)
      }
      #expect(fast.finalize() == XXH64.digest(of: bytes))
      #expect(published.hexDigest() == SHA256.hexDigest(of: bytes))
    }
  }

  @Test("texts and files digest as their bytes")
  func textsAndFiles() throws {
    let folder = try TemporaryFolder()
    let published = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    #expect(SHA256.hexDigest(of: "abc") == published)
    #expect(XXH64.hexadecimalText(XXH64.digest(of: "abc")) == "44bc2cf5ad770999")
    try AtomicFile.replace(path: folder.file("abc"), with: "abc")
    #expect(try SHA256.hexDigest(ofFile: folder.file("abc")) == published)
  }
}
