import { defineConfig } from '@playwright/test';
import tests from '../playwright.config';

/** Measurements, which `script/bench` starts. It prints their output. */
export default defineConfig(tests, {
  testDir: '.',
  testMatch: '*.bench.ts',
  outputDir: '../test-results',
  reporter: './reporter.ts',
  // Tracing would slow the browser down.
  use: { trace: 'off', screenshot: 'off' },
  timeout: 300_000,
});
