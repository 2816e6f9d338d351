import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type Page, chromium, test } from '@playwright/test';

export const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];

/** What Lighthouse is to look at. */
export interface Subject {
  url: string;
  /** An element that its report names if it has seen the right page. */
  shows: string;
  /** Audits that do not apply. */
  skipped: string[];
}

export interface Judgement {
  /** Of a hundred, in the order of the categories. */
  scores: number[];
  /** What does not pass: the title of each audit, and what it found. */
  complaints: [string, string][];
}

interface Report {
  categories: Record<string, { score: number; auditRefs: { id: string }[] }>;
  audits: Record<string, { title: string; score: number | null; displayValue?: string }>;
}

/** Below this an audit fails, as Lighthouse itself draws it. */
const PASSES = 0.9;

/** Has Lighthouse judge a page as it is for whoever `page` belongs to, in a browser of its own. */
export async function judge(page: Page, { url, shows, skipped }: Subject): Promise<Judgement> {
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
    ...skipped.map((audit) => `--skip-audits=${audit}`),
    ...(cookie ? [`--extra-headers=${JSON.stringify({ cookie })}`] : []),
  ];
  const stdout = await run(options, executablePath ?? chromium.executablePath());
  if (!stdout.includes(shows)) throw new Error(`Lighthouse has seen another page than the one with ${shows}`);
  return read(JSON.parse(stdout) as Report);
}

/** Once more where the browser has recorded nothing, as Lighthouse itself advises: then there is nothing to judge. */
async function run(options: string[], chrome: string, isAgain = false): Promise<string> {
  const { LIGHTHOUSE: program = 'lighthouse' } = process.env;
  const env = { ...process.env, CHROME_PATH: chrome };
  try {
    return (await promisify(execFile)(program, options, { env, maxBuffer: 2 ** 26 })).stdout;
  } catch (error) {
    if (isAgain || !String(error).includes('NO_NAVSTART')) throw error;
    return run(options, chrome, true);
  }
}

function read({ categories, audits }: Report): Judgement {
  const judged = CATEGORIES.flatMap((name) => categories[name] ?? []);
  const failed = judged
    .flatMap(({ auditRefs }) => auditRefs.flatMap(({ id }) => audits[id] ?? []))
    .filter(({ score }) => score !== null && score < PASSES);
  return {
    scores: judged.map(({ score }) => Math.round(score * 100)),
    complaints: failed.map(({ title, displayValue }) => [title, displayValue ? `${title} (${displayValue})` : title]),
  };
}
