import { AxeBuilder } from '@axe-core/playwright';
import { type TestInfo, expect } from '@playwright/test';
import { findOverflow } from './browser';
import type { Person } from './person';

export const THEMES = ['light', 'dark'] as const;
/** A phone, a tablet, a screen. */
export const SIZES = [
  [360, 740],
  [768, 1024],
  [1280, 800],
] as const;

const STANDARDS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** Looks whether a state of the page is accessible and fits on the screen. Goes on after a finding, so that one run tells all of them. */
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
      `what was looked at in ${state}`,
    )
    .toContain('color-contrast');
  expect.soft(await findOverflow(page), state).toEqual([]);
}
