// What doctor says of numbers that are computed wrong.
import RetortSelfCheck
import Testing

@testable import retort

@Suite struct DiagnosisTests {
  private func result(expecting wrong: [(CheckedOperation, String)]) -> SelfCheckResult {
    var golden = GoldenNumbers.embedded
    for (operation, quantity) in wrong {
      golden.fingerprints[.init(operation, quantity)]?.norm *= 1.01
    }
    return SelfCheckResult(engine: Engine(threadCount: 1), golden: golden)
  }

  @Test func namesTheOperationAndTheQuantity() {
    let result = result(expecting: [
      (.layerNorm, "∂scale"), (.bertClassification, "loss, step 1"),
    ])
    #expect(result.state.failures.map(\.operation) == ["layer norm", "BERT, classification"])
    #expect(result.state.failures.map(\.quantity) == ["∂scale", "loss, step 1"])
    // The model is made of the operation.
    let findings = result.findings(kernel: "SkylakeX", level: .v4)
    #expect(findings.count == 1)
    #expect(
      findings.first?.problem.hasPrefix(
        "layer norm is computed wrong here: gradient of scale: norm 14.") == true)
    #expect(
      findings.first?.remedy
        == "trust no result of this build (kernels for x86-64-v4): rebuild with "
        + "RETORT_CPU=x86-64-v3 swift build -c release, and look again")
  }

  @Test func aWrongNumberIsAFailure() throws {
    var golden = GoldenNumbers.embedded
    golden.fingerprints[.init(.adamW, "change of weight")]?.projection *= -1
    let diagnosis = Examination.diagnose(golden: golden)
    #expect(diagnosis.isFailure)
    #expect(diagnosis.text.contains("compared, 1 wrong"))
    #expect(
      diagnosis.text.contains(
        "wrong: AdamW is computed wrong here: change of weight: projection"))
    #expect(try JSONText.document(diagnosis).contains("\"operation\": \"AdamW\""))
  }

  @Test func blamesTheMatrixProductsKernel() {
    // The gradients that AdamW's check is given come from a product.
    let findings = result(
      expecting: [
        (.linear, "∂weight"), (.attention, "output"), (.adamW, "change of weight"),
        (.bertClassification, "logits"),
      ])
      .findings(kernel: "Haswell", level: .v3)
    #expect(findings.map { $0.problem.prefix(9) } == ["linear is", "attention"])
    for finding in findings {
      #expect(finding.remedy.contains("OpenBLAS's kernel Haswell"))
      #expect(finding.remedy.contains("OPENBLAS_CORETYPE=Sandybridge retort doctor"))
    }
  }

  @Test func namesModelsWhereEveryOperationIsRight() {
    let quantity = "∂distilbert.transformer.layer.1.ffn.lin1.weight"
    let findings = result(expecting: [(.distillation, quantity)])
      .findings(kernel: "SkylakeX", level: .v4)
    #expect(findings.count == 1)
    #expect(
      findings.first?.problem.contains(
        "DistilBERT, distilled from BERT is computed wrong here: gradient of "
          + "distilbert.transformer.layer.1.ffn.lin1.weight: norm") == true)
  }
}
