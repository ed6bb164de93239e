// Figures as pages show them.
import RetortRecords
import Testing

@testable import RetortReporting

@Suite("Figures as text")
struct FigureTextTests {
  @Test("differences have their sign")
  func signs() {
    #expect(0.344.signed(2) == "+0.34")
    #expect((-1.2).signed(2) == "-1.20")
    #expect(0.001.signed(2) == "0.00")
    #expect((-0.001).signed(2) == "0.00")
  }

  @Test("median of odd, even and single counts")
  func median() {
    #expect(MedianRange([0.9048, 0.9071, 0.9037])?.text() == "0.9048 (0.9037-0.9071)")
    #expect(MedianRange([1, 4, 2, 3])?.median == 2.5)
    #expect(MedianRange([0.25])?.text(digits: 2) == "0.25")
    #expect(MedianRange([]) == nil)
    #expect(MedianRange([1, .nan])?.median.isNaN == true)
  }
}
