// The frame of the program: help, wrong usage, exit statuses, what doctor says.
import Foundation
import Testing

@Suite struct UsageTests {
  @Test func helpIsAResult() throws {
    let result = try RetortProcess.run(["--help"])
    #expect(result.status == 0)
    #expect(result.output.contains("tokenize"))
    #expect(result.errors.isEmpty)
  }

  @Test(
    "wrong usage ends with 64 and says what is right",
    arguments: [
      ["tokenize"], ["tokenize", "--vocab"], ["tokenise"], ["doctor", "--jsno"],
      ["tokenize", "--vocab", "v.txt", "--max-length", "1"], ["validate"],
      ["report", "--check", "--add", "Runs/a"], ["bench", "step", "--steps", "0"],
      ["bench", "ops", "--hidden", "100"], ["bench", "step", "--job", "pretraining"],
      ["notebook"], ["verify"], ["run", "d.yaml", "--runs", ""], ["run", "d.yaml", "--runs="],
      ["validate", ""], ["run", "d.yaml", "--threads", "100000"],
    ])
  func wrongUsage(arguments: [String]) throws {
    let result = try RetortProcess.run(arguments)
    #expect(result.status == 64)
    #expect(result.output.isEmpty)
    #expect(result.errors.contains("retort"))
  }

  @Test(
    "an unknown verb is what is wrong, whatever follows it",
    arguments: [
      (["tokenise", "--vocab", "v.txt"], "did you mean 'tokenize'?"),
      (["evalute", "--model", "m", "--json"], "did you mean 'evaluate'?"),
      (["frobnicate", "--json"], "possible here: init, run, pretrain, "),
    ])
  func unknownVerb(arguments: [String], advice: String) throws {
    let result = try RetortProcess.run(arguments)
    #expect(result.status == 64)
    #expect(result.errors.hasPrefix("Error: No verb '\(arguments[0])'; \(advice)"))
  }

  @Test func doctorMeasures() throws {
    let result = try RetortProcess.run(["doctor", "--json"])
    #expect(result.status == 0, "\(result.errors)")
    let json = try #require(
      JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
    let blas = try #require(json["blas"] as? [String: Any])
    let speeds = try #require(blas["speeds"] as? [[String: Any]])
    #expect(!speeds.isEmpty)
    #expect(speeds.allSatisfy { ($0["gigaflops"] as? Double ?? 0) > 0 })
  }

  @Test func doctorNamesASlowKernelThatTheUserForced() throws {
    let result = try RetortProcess.run(
      ["doctor"], environment: ["OPENBLAS_CORETYPE": "Prescott"])
    #expect(result.status == 0)
    #expect(result.output.contains("OPENBLAS_CORETYPE asks for the kernel Prescott"))
    #expect(result.output.contains("unset OPENBLAS_CORETYPE"))
  }
}
