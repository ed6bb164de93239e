// What doctor says of the numbers that are computed here.
import Foundation
import RetortSelfCheck
import Testing

@Suite struct DoctorTests {
  @Test func findsTheNumbersOfPyTorch() throws {
    let result = try RetortProcess.run(["doctor", "--json"])
    #expect(result.status == 0, "\(result.errors)")
    let json = try JSONSerialization.jsonObject(with: Data(result.output.utf8))
    let diagnosis = try #require(json as? [String: Any])
    let check = try #require(diagnosis["self_check"] as? [String: Any])
    #expect((check["failures"] as? [Any])?.isEmpty == true)
    let quantities = GoldenNumbers.embedded.fingerprints.count
    let operations = CheckedOperation.allCases.count
    #expect(check["quantities"] as? Int == quantities)
    #expect(check["operations"] as? Int == operations)
    #expect(check["source"] as? String == "PyTorch 2.4.0, transformers 4.44.2")
    let text = try RetortProcess.run(["doctor"]).output
    #expect(text.contains("\(quantities) outputs and gradients of \(operations)"))
  }
}
