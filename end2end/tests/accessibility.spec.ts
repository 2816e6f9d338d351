import { numbered } from './support/bot';
import { SIZES, THEMES, check } from './support/accessibility';
import type { Person } from './support/person';
import { CONNECTION_LOST, expect, test } from './support/test';
import { TOO_LONG, leaveUnsent } from './support/unsent';

// The statuses belong to pages that are looked at on purpose.
test.use({ forgives: new RegExp(`${CONNECTION_LOST.source}|status of (404|422)`) });
test.setTimeout(120_000);

for (const colorScheme of THEMES) {
  for (const [width, height] of SIZES) {
    test(`every page is accessible, ${colorScheme} at ${width} pixels`, async ({ redis, start, invite, bot }, testInfo) => {
      const server = await start({ REDIS_URL: redis.url, MAX_ROOMS: '2' });
      const options = { colorScheme, viewport: { width, height }, reducedMotion: 'reduce' } as const;
      const ana = await invite('Ana', server, options);
      const look = (state: string) => check(ana, `${state}-${colorScheme}-${width}`, testInfo);

      await ana.page.goto(server.url);
      await look('sign-in');
      await ana.page.locator('#name').fill(' ');
      await ana.page.locator('#room').fill('lobby');
      await ana.page.locator('.signin').click();
      await expect(ana.page.getByRole('alert')).toBeVisible();
      await look('sign-in-problem');

      await ana.fillIn('quiet corner');
      await ana.isIn('quiet corner');
      await look('room-empty');

      const rui = await bot('Rui', server);
      await rui.sayAll('lobby', [...numbered('A message of Rui,', 30), LONG]);
      await ana.goTo('lobby');
      await ana.isIn('lobby');
      await (await invite('Zoë 🌊', server)).signIn('lobby');
      for (const text of ['And a word of Ana.', `Two lines,\nand a long one: ${LONG}`]) await ana.say(text);
      await rui.sayAll('quiet corner', ['psst', 'hello?']);
      await expect(ana.page.locator('.unread, .dot').first()).toBeAttached();
      await look('room-full');
      await lookAtPanels(ana, look);

      await ana.say('x'.repeat(4_001));
      await expect(ana.page.getByRole('alert')).toContainText('4000 characters');
      await look('composer-problem');
      await ana.field.fill('');
      await ana.page.locator('.scroller').evaluate((scroller) => scroller.scrollBy({ top: -400, behavior: 'instant' }));
      await expect(ana.page.getByRole('button', { name: /Latest messages/ })).toBeVisible();
      await rui.say('lobby', 'news');
      await expect(ana.page.getByRole('button', { name: /new message/ })).toBeVisible();
      await look('news');
      await leaveUnsent(ana, TOO_LONG);
      await expect(ana.messages.last().getByRole('button', { name: 'Retry' })).toBeVisible();
      await look('failed');
      await ana.goTo('attic');
      await ana.isIn('attic');
      // On a narrow screen it is in a panel that is closed.
      await ana.page.locator('.room-link a', { hasText: 'quiet corner' }).dispatchEvent('click');
      await expect(ana.notices).toContainText('You are in as many rooms');
      await look('refusal');
      await ana.goTo('lobby');
      await ana.isIn('lobby');
      await redis.forget();
      await rui.say('lobby', 'anew');
      await expect(ana.notices).toContainText("The room's history was replaced");
      await look('gap');

      await ana.page.goto(`${server.url}/no/such/page`);
      await look('problem');
      await ana.goTo('lobby');
      await ana.isIn('lobby');
      await server.kill();
      await ana.say('waiting to be sent');
      await expect(ana.banner).toContainText('The connection is lost');
      await look('banner');
    });
  }
}

test('at 200 % zoom nothing is cut off, and all can be reached', async ({ server, invite, bot }, testInfo) => {
  await (await bot('Rui', server)).sayAll('lobby', [...numbered('A message of Rui,', 20), LONG]);
  // A screen of 1280 by 800.
  const ana = await invite('Ana', server, { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 });
  await ana.page.goto(server.url);
  await check(ana, 'zoom-sign-in', testInfo);
  await ana.fillIn('lobby');
  await ana.isIn('lobby');
  await expect(ana.messages.last()).toBeInViewport();
  await expect(ana.field).toBeInViewport({ ratio: 1 });
  await check(ana, 'zoom-room', testInfo);
  await ana.field.fill('line\n'.repeat(20));
  await expect(ana.page.locator('.send')).toBeInViewport({ ratio: 1 });
  await expect(ana.page.locator('h1')).toBeInViewport({ ratio: 1 });
});

const LONG = 'A sentence with-a-long-word-'.concat('that-does-not-break-'.repeat(12), ' and then goes on.');

/** On a narrow screen the rooms and the people are panels that cover the messages. */
async function lookAtPanels(person: Person, look: (state: string) => Promise<void>): Promise<void> {
  for (const panel of ['Rooms', 'People']) {
    const toggle = person.page.getByRole('button', { name: new RegExp(`^${panel}`) });
    if (!(await toggle.isVisible())) continue;
    await toggle.click();
    await expect(person.page.locator(`#${panel.toLowerCase()}`)).toBeVisible();
    await look(panel.toLowerCase());
    await person.page.keyboard.press('Escape');
    await expect(person.page.locator(`#${panel.toLowerCase()}`)).toBeHidden();
  }
}
