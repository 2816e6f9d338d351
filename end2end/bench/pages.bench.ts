import type { Page } from '@playwright/test';
import { numbered } from '../tests/support/bot';
import { test } from '../tests/support/test';
import { CATEGORIES, type Audit, type AuditedPage, audit } from './lighthouse';
import { PHONE, type Visit, visit } from './visit';

const IS_QUICK = process.env.QUICK === 'yes';
const VISITS = IS_QUICK ? 3 : 15;
const AUDITS = IS_QUICK ? 1 : 5;

const HISTORY = numbered('A message of ordinary length, as people write them,', 50);
const ROOM = `Room with ${HISTORY.length} messages`;
const LAST_MESSAGE = HISTORY.at(-1) ?? '';

/** Measured times of a first visit, their labels, and the promised maximum in milliseconds. */
const METRICS: [keyof Visit, string, number | undefined][] = [
  ['visible', 'The last message is in view', 1_500],
  ['writable', 'Writing is possible', 4_000],
  ['joined', 'A message can go out', undefined],
];

/** Promised minimum scores of each page, in the order of `CATEGORIES`. */
const MIN_SCORES = [95, 100, 100, 100];

test.beforeEach(async ({ server, bot }) => (await bot('Rui', server)).sendAll('lobby', HISTORY));

test('first visits of a room, on slow 4G with a slow processor', async ({ server, newPerson }) => {
  const visits: Visit[] = [];
  for (let count = 0; count < VISITS; count++) {
    const ana = await (await newPerson('Ana', server, PHONE)).createSession();
    visits.push(await visit(ana, 'lobby', LAST_MESSAGE));
    await ana.page.context().close();
  }
  const results = METRICS.map(([key, name, limit]) => ({ name, limit, times: visits.map((visit) => visit[key]) }));
  console.log(`| ${ROOM}, first visit | Median of ${VISITS} | Slowest | Promised |\n|---|---:|---:|---:|`);
  for (const { name, limit, times } of results) {
    const cells = [name, seconds(median(times)), seconds(Math.max(...times)), limit ? seconds(limit) : '–'];
    console.log(`| ${cells.join(' | ')} |`);
  }
  console.log();
  const late = results.filter(({ limit, times }) => limit && median(times) > limit);
  failIfAny(
    late.map(({ name, limit, times }) => `${name}: ${seconds(median(times))}, promised ${seconds(limit ?? NaN)}`),
  );
});

test('Lighthouse', async ({ server, newPerson }) => {
  const [nobody, ana] = [await newPerson('Nobody', server), await (await newPerson('Ana', server)).createSession()];
  const signIn: AuditedPage = { url: `${server.url}/`, selector: 'form.sign-in', skipped: [] };
  // robots.txt excludes rooms from search engines on purpose.
  const room: AuditedPage = { url: `${server.url}/r/lobby`, selector: 'div.message-text', skipped: ['is-crawlable'] };
  const rows: [string, number[]][] = [['Promised', MIN_SCORES]];
  const failures: string[] = [];
  for (const [name, page, target] of [['Sign-in page', nobody.page, signIn], [ROOM, ana.page, room]] as const) {
    const audits = await auditRepeatedly(page, target);
    rows.push([name, MIN_SCORES.map((_, category) => median(audits.map(({ scores }) => scores[category] ?? 0)))]);
    // Lists each failed audit once, although its result differs between runs.
    const each = new Map(audits.flatMap(({ failures }) => failures));
    failures.push(`- ${name}: ${[...each.values()].join('; ') || 'none'}`);
  }
  console.log(`| Lighthouse, median of ${AUDITS} | ${CATEGORIES.join(' | ')} |\n|---|---:|---:|---:|---:|`);
  rows.forEach(([name, scores]) => console.log(`| ${name} | ${scores.join(' | ')} |`));
  console.log(`\nFailed audits of Lighthouse:\n\n${failures.join('\n')}`);
  const broken = rows.filter(([, scores]) => scores.some((score, category) => score < (MIN_SCORES[category] ?? 0)));
  failIfAny(broken.map(([name, scores]) => `${name}: ${scores.join(', ')}; promised ${MIN_SCORES.join(', ')}`));
});

async function auditRepeatedly(page: Page, target: AuditedPage): Promise<Audit[]> {
  const audits: Audit[] = [];
  for (let count = 0; count < AUDITS; count++) audits.push(await audit(page, target));
  return audits;
}

function median(values: number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? NaN;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}

function failIfAny(reasons: string[]): void {
  if (reasons.length > 0) throw new Error(reasons.join('\n'));
}
