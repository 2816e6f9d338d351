import { AxeBuilder } from '@axe-core/playwright';
import { type TestInfo, expect } from '@playwright/test';
import { findOverflow } from './browser';
import type { Person } from './person';

export const THEMES = ['light', 'dark'] as const;
/** Viewports of a phone, a tablet and a desktop. */
export const SIZES = [
  [360, 740],
  [768, 1024],
  [1280, 800],
] as const;

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/**
 * Checks that a state of the page is accessible and has no overflow. The assertions are soft, so that one run reports
 * all findings.
 */
export async function checkAccessibility({ page }: Person, state: string, testInfo: TestInfo): Promise<void> {
  await page.screenshot({ path: testInfo.outputPath(`${state}.png`) });
  const { violations, passes } = await new AxeBuilder({ page }).withTags(STANDARDS).analyze();
  const findings = violations.map(
    ({ id, help, nodes }) => `${id} (${help}): ${nodes.map(({ target }) => target).join(', ')}`,
  );
  expect.soft(findings, state).toEqual([]);
  expect
    .soft(
      passes.map(({ id }) => id),
      `audits that passed in ${state}`,
    )
    .toContain('color-contrast');
  expect.soft(await findOverflow(page), state).toEqual([]);
}
