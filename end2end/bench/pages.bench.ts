import type { Page } from '@playwright/test';
import { numbered } from '../tests/support/bot';
import { test } from '../tests/support/test';
import { CATEGORIES, type Judgement, type Subject, judge } from './lighthouse';
import { PHONE, type Visit, visit } from './visit';

const IS_QUICK = process.env.QUICK === 'yes';
const VISITS = IS_QUICK ? 3 : 15;
const JUDGEMENTS = IS_QUICK ? 1 : 5;

const HISTORY = numbered('A message of ordinary length, as people write them,', 50);
const ROOM = `Room with ${HISTORY.length} messages`;
const LAST = HISTORY.at(-1) ?? '';

/** What is promised of a first visit, in milliseconds at most. */
const FIGURES: [keyof Visit, string, number | undefined][] = [
  ['visible', 'The last message is in view', 1_500],
  ['writable', 'Writing is possible', 4_000],
  ['joined', 'What is written goes out', undefined],
];

/** What is promised of each page, in the order of the categories. */
const PROMISED = [95, 100, 100, 100];

test.beforeEach(async ({ server, bot }) => (await bot('Rui', server)).sayAll('lobby', HISTORY));

test('first visits of a room, on slow 4G with a slow processor', async ({ server, invite }) => {
  const visits: Visit[] = [];
  for (let count = 0; count < VISITS; count++) {
    const ana = await (await invite('Ana', server, PHONE)).hasSession();
    visits.push(await visit(ana, 'lobby', LAST));
    await ana.page.context().close();
  }
  const found = FIGURES.map(([of, name, most]) => ({ name, most, times: visits.map((visit) => visit[of]) }));
  console.log(`| ${ROOM}, first visit | Median of ${VISITS} | Slowest | Promised |\n|---|---:|---:|---:|`);
  for (const { name, most, times } of found) {
    const cells = [name, seconds(median(times)), seconds(Math.max(...times)), most ? seconds(most) : '–'];
    console.log(`| ${cells.join(' | ')} |`);
  }
  console.log();
  const late = found.filter(({ most, times }) => most && median(times) > most);
  fail(late.map(({ name, most, times }) => `${name} after ${seconds(median(times))}; promised are ${seconds(most ?? NaN)}`));
});

test('Lighthouse', async ({ server, invite }) => {
  const [nobody, ana] = [await invite('Nobody', server), await (await invite('Ana', server)).hasSession()];
  const signIn: Subject = { url: `${server.url}/`, shows: 'form.sign-in', skipped: [] };
  // Search engines are kept out of rooms by robots.txt, on purpose.
  const room: Subject = { url: `${server.url}/r/lobby`, shows: 'div.message-text', skipped: ['is-crawlable'] };
  const rows: [string, number[]][] = [['Promised', PROMISED]];
  const complaints: string[] = [];
  for (const [name, page, subject] of [['Sign-in page', nobody.page, signIn], [ROOM, ana.page, room]] as const) {
    const judgements = await judgeOften(page, subject);
    rows.push([name, PROMISED.map((_, category) => median(judgements.map(({ scores }) => scores[category] ?? 0)))]);
    // One that comes with another figure each time is still one.
    const each = new Map(judgements.flatMap(({ complaints }) => complaints));
    complaints.push(`- ${name}: ${[...each.values()].join('; ') || 'nothing'}`);
  }
  console.log(`| Lighthouse, median of ${JUDGEMENTS} | ${CATEGORIES.join(' | ')} |\n|---|---:|---:|---:|---:|`);
  rows.forEach(([name, scores]) => console.log(`| ${name} | ${scores.join(' | ')} |`));
  console.log(`\nWhat Lighthouse does not let pass:\n\n${complaints.join('\n')}`);
  const broken = rows.filter(([, scores]) => scores.some((score, category) => score < (PROMISED[category] ?? 0)));
  fail(broken.map(([name, scores]) => `${name}: ${scores.join(', ')}; promised are ${PROMISED.join(', ')}`));
});

async function judgeOften(page: Page, subject: Subject): Promise<Judgement[]> {
  const judgements: Judgement[] = [];
  for (let count = 0; count < JUDGEMENTS; count++) judgements.push(await judge(page, subject));
  return judgements;
}

function median(figures: number[]): number {
  return figures.toSorted((one, other) => one - other)[Math.floor(figures.length / 2)] ?? NaN;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(2)} s`;
}

function fail(reasons: string[]): void {
  if (reasons.length > 0) throw new Error(reasons.join('\n'));
}
