import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Page, chromium, test } from '@playwright/test';

export const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];

/** A page for Lighthouse to audit. */
export interface AuditedPage {
  url: string;
  /** An element of the page, which the report names if Lighthouse loaded the right page. */
  selector: string;
  /** Ids of audits that do not apply. */
  skipped: string[];
}

export interface Audit {
  /** Scores from 0 to 100, in the order of `CATEGORIES`. */
  scores: number[];
  /** Failed audits: the title, and the title with the result. */
  failures: [string, string][];
}

interface Report {
  categories: Record<string, { score: number; auditRefs: { id: string }[] }>;
  audits: Record<string, { title: string; score: number | null; displayValue?: string }>;
}

/** Audits with a lower score fail, as in Lighthouse's own report. */
const PASSING_SCORE = 0.9;

/** Runs Lighthouse in a browser of its own, with the cookies of `page`. */
export async function audit(page: Page, { url, selector, skipped }: AuditedPage): Promise<Audit> {
  const { executablePath, args = [] } = test.info().project.use.launchOptions ?? {};
  const cookies = await page.context().cookies();
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
  const options = [
    url,
    '--quiet',
    '--no-enable-error-reporting',
    '--output=json',
    `--only-categories=${CATEGORIES.join(',')}`,
    `--chrome-flags=${['--headless=new', ...args].join(' ')}`,
    ...skipped.map((id) => `--skip-audits=${id}`),
    ...(cookie ? [`--extra-headers=${JSON.stringify({ cookie })}`] : []),
  ];
  const stdout = await run(options, executablePath ?? chromium.executablePath());
  if (!stdout.includes(selector)) throw new Error(`Lighthouse did not load the page with ${selector}`);
  return parseReport(JSON.parse(stdout) as Report);
}

/** Retries once if the browser recorded no navigation (`NO_NAVSTART`), as Lighthouse advises. */
async function run(options: string[], chrome: string, isRetry = false): Promise<string> {
  const { LIGHTHOUSE: program = 'lighthouse' } = process.env;
  const env = { ...process.env, CHROME_PATH: chrome };
  try {
    return (await promisify(execFile)(program, options, { env, maxBuffer: 2 ** 26 })).stdout;
  } catch (error) {
    if (isRetry || !String(error).includes('NO_NAVSTART')) throw error;
    return run(options, chrome, true);
  }
}

function parseReport({ categories, audits }: Report): Audit {
  const scored = CATEGORIES.flatMap((name) => categories[name] ?? []);
  const failing = scored
    .flatMap(({ auditRefs }) => auditRefs.flatMap(({ id }) => audits[id] ?? []))
    .filter(({ score }) => score !== null && score < PASSING_SCORE);
  return {
    scores: scored.map(({ score }) => Math.round(score * 100)),
    failures: failing.map(({ title, displayValue }) => [title, displayValue ? `${title} (${displayValue})` : title]),
  };
}
