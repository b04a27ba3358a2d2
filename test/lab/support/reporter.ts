import type { Reporter, TestCase } from "vitest/node";

/** Says how each test ended when it ends, and why: the whole run takes half an hour. */
// vitest loads a reporter by its default export
// oxlint-disable-next-line import/no-default-export
export default class LabReporter implements Reporter {
  onTestCaseReady(test: TestCase): void {
    process.stdout.write(`  ... ${test.fullName}\n`);
  }

  onTestCaseResult(test: TestCase): void {
    const { state, errors = [] } = test.result();
    const seconds = ((test.diagnostic()?.duration ?? 0) / 1000).toFixed(0);
    process.stdout.write(`  ${state}, ${seconds} s: ${test.fullName}\n`);
    for (const { message, diff, stack } of errors) {
      process.stdout.write(`${[message, diff, stack].filter(Boolean).join("\n")}\n\n`);
    }
  }
}
