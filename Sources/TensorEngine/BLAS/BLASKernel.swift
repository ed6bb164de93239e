import CRetortOpenBLAS
import Glibc
import RetortProcessor

/// The OpenBLAS kernel in use, chosen once before the first product.
///
/// OpenBLAS up to 0.3.24 does not know processors of family 6 with an extended model above 10 (Sapphire
/// Rapids, Raptor Lake) and falls back to `Prescott`, an SSE3 kernel eight times too slow
/// (OpenMathLib/OpenBLAS issue 4267). Its own feature detection chooses well once it is reached: an unknown
/// name in OPENBLAS_CORETYPE sends it there. A name that the user chose is respected.
public enum BLASKernel {
  /// OpenBLAS's name of the kernel, e.g. `SkylakeX`. Bits of results are comparable only within one kernel.
  public static var coreName: String { prepare; return String(cString: openblas_get_corename()) }

  /// OpenBLAS's version and build, as it states it.
  public static var configuration: String {
    prepare
    return String(cString: openblas_get_config())
  }

  /// Whether the kernel was named by the user through OPENBLAS_CORETYPE.
  public static let isChosenByUser = getenv("OPENBLAS_CORETYPE").map { $0.pointee != 0 } ?? false

  /// Kernels that use neither AVX2 nor AVX-512, too slow for any processor this program runs on.
  public static let outdated: Set<String> = [
    "Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Sandybridge", "Atom", "Athlon",
    "Opteron",
    "Opteron_SSE3", "Barcelona", "Nano", "Bobcat", "Bulldozer", "Piledriver", "Generic", "Katmai",
    "Coppermine", "Northwood", "Banias",
  ]

  /// Runs once, before any product is computed.
  static let prepare: Void = {
    let chosen = isChosenByUser
    if !chosen, outdated.contains(String(cString: openblas_get_corename())) { reinitialize() }
    // Our workers call OpenBLAS side by side: each call stays on its own thread.
    openblas_set_num_threads(1)
  }()

  private static func reinitialize() {
    typealias Function = @convention(c) () -> Void
    guard let program = dlopen(nil, RTLD_LAZY),
      let quit = dlsym(program, "gotoblas_dynamic_quit"),
      let start = dlsym(program, "gotoblas_dynamic_init")
    else { return }  // a build for one kernel only: there is nothing to choose from
    setenv("OPENBLAS_CORETYPE", "auto", 1)
    unsafeBitCast(quit, to: Function.self)()
    unsafeBitCast(start, to: Function.self)()
    unsetenv("OPENBLAS_CORETYPE")
  }
}
