import { defineConfig } from '@playwright/test';
import tests from '../playwright.config';

/** Measurements are no tests: `script/bench` starts them, and what they print is its output. */
export default defineConfig(tests, {
  testDir: '.',
  testMatch: '*.bench.ts',
  outputDir: '../test-results',
  reporter: './reporter.ts',
  // Nothing that watches the browser may slow it down.
  use: { trace: 'off', screenshot: 'off' },
  // A run that takes longer than this hangs.
  timeout: 300_000,
});
