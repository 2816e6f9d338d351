import type { Page } from '@playwright/test';
import { findOverflow } from './support/browser';
import { expect, test } from './support/test';

const PHONE = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
const LONG = 'x'.repeat(300);

test('a person signs in, chats and opens the panels on a phone', async ({ server, newPerson, bot }) => {
  const rui = await bot('Rui', server);
  const sentence = 'A few words that wrap over several lines on a narrow screen.';
  await rui.sendAll('lobby', [`https://example.org/${LONG}`, LONG, sentence]);
  const ana = await newPerson('Ana', server, PHONE);
  await ana.page.goto(server.url);
  await hasNoOverflow(ana.page);
  await ana.submitSignIn('lobby');
  await ana.hasJoined('lobby');
  await hasNoOverflow(ana.page);
  for (const part of [ana.field, ana.page.locator('.send'), ana.messages.last()]) {
    await expect(part).toBeInViewport({ ratio: 1 });
  }
  await ana.send(`${LONG}!`);
  await ana.seesSent(`${LONG}!`);
  await expect(ana.messages).toHaveCount(4);
  await expect(ana.messages.last()).toBeInViewport();
  await hasNoOverflow(ana.page);

  const rooms = ana.page.locator('#rooms');
  await expect(rooms).toBeHidden();
  await ana.page.getByRole('button', { name: /^Rooms/ }).tap();
  await expect(rooms).toBeInViewport();
  await expect(rooms.getByRole('link', { name: 'lobby' })).toBeVisible();
  await hasNoOverflow(ana.page);
  await rooms.getByLabel('Open another room').fill('kitchen');
  await rooms.getByRole('button', { name: 'Open', exact: true }).tap();
  await ana.hasJoined('kitchen');
  await expect(rooms, 'the panel closes after the choice').toBeHidden();
  await expect(ana.field).toBeInViewport({ ratio: 1 });

  const people = ana.page.locator('#people');
  await expect(people).toBeHidden();
  await ana.page.getByRole('button', { name: /^People/ }).tap();
  await expect(people).toBeInViewport();
  await expect(people.locator('.person')).toHaveText(['Ana']);
  await hasNoOverflow(ana.page);
  await people.getByRole('button', { name: 'Close' }).tap();
  await expect(people).toBeHidden();
  await expect(ana.field).toBeInViewport({ ratio: 1 });
});

test('names of the maximum length are not truncated on a phone', async ({ server, newPerson, bot }) => {
  const [room, name] = ['The room of all that has no end and no place to be broken:'.padEnd(64, 'w'), 'W'.repeat(32)];
  await (await bot(name, server)).sendAll(room, ['hello', LONG]);
  const ana = await newPerson(name.toLowerCase(), server, PHONE);
  await ana.signIn(room);
  await hasNoOverflow(ana.page);
  const title = ana.page.locator('#chatroom h1');
  await expect(title).toHaveAttribute('title', room);
  expect((await title.boundingBox())?.height, 'the title has two lines').toBeGreaterThan(40);
  await expect(ana.messages.first().locator('.author')).toHaveText(name);
  await isNotTruncated(ana.page, '.message:not(.continues) .author');

  await ana.page.getByRole('button', { name: /^Rooms/ }).tap();
  await isNotTruncated(ana.page, '.room-name');
  await isNotTruncated(ana.page, '.me .person');
  await hasNoOverflow(ana.page);
  await ana.page.locator('#rooms').getByRole('button', { name: 'Close' }).tap();
  await ana.page.getByRole('button', { name: /^People/ }).tap();
  await isNotTruncated(ana.page, '.people-list .person');
  await hasNoOverflow(ana.page);
});

/** No matching element clips its text. */
async function isNotTruncated(page: Page, selector: string): Promise<void> {
  const cut = await page.locator(selector).evaluateAll((elements) =>
    elements.filter((element) => {
      const text = document.createRange();
      text.selectNodeContents(element);
      const [inner, outer] = [text.getBoundingClientRect(), element.getBoundingClientRect()];
      return inner.right > Math.min(outer.right, innerWidth) + 1 || inner.width === 0;
    }).length,
  );
  expect(cut, `number of ${selector} with clipped text`).toBe(0);
}

async function hasNoOverflow(page: Page): Promise<void> {
  expect(await findOverflow(page)).toEqual([]);
}
