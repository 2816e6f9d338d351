import { stripVTControlCharacters } from 'node:util';
import type { Reporter, TestCase, TestError, TestResult } from '@playwright/test/reporter';

/** Prints the output of the measurements to stdout, and titles and errors to stderr. */
export default class OutputReporter implements Reporter {
  onTestBegin({ title }: TestCase): void {
    console.error(title);
  }

  onStdOut(chunk: string | Buffer): void {
    process.stdout.write(chunk);
  }

  onStdErr(chunk: string | Buffer): void {
    process.stderr.write(chunk);
  }

  onTestEnd(_: TestCase, { errors }: TestResult): void {
    errors.forEach((error) => this.onError(error));
  }

  onError({ message, stack, value }: TestError): void {
    console.error(stripVTControlCharacters(`!! ${message ?? stack ?? value}`));
  }
}
