import { numbered } from './support/bot';
import { SIZES, THEMES, checkAccessibility } from './support/accessibility';
import type { Person } from './support/person';
import { CONNECTION_LOST, expect, test } from './support/test';
import { TOO_LONG, storeUnsent } from './support/unsent';

// The tests load error pages on purpose.
test.use({ allowedErrors: new RegExp(`${CONNECTION_LOST.source}|status of (404|422)`) });
test.setTimeout(120_000);

for (const colorScheme of THEMES) {
  for (const [width, height] of SIZES) {
    test(`every page is accessible, ${colorScheme} at ${width} pixels`, async (
      { redis, startServer, newPerson, bot },
      testInfo,
    ) => {
      const server = await startServer({ REDIS_URL: redis.url, MAX_ROOMS: '2' });
      const options = { colorScheme, viewport: { width, height }, reducedMotion: 'reduce' } as const;
      const ana = await newPerson('Ana', server, options);
      const check = (state: string) => checkAccessibility(ana, `${state}-${colorScheme}-${width}`, testInfo);

      await ana.page.goto(server.url);
      await check('sign-in');
      await ana.page.locator('#name').fill(' ');
      await ana.page.locator('#room').fill('lobby');
      await ana.page.locator('.signin').click();
      await expect(ana.page.getByRole('alert')).toBeVisible();
      await check('sign-in-problem');

      await ana.submitSignIn('quiet corner');
      await ana.hasJoined('quiet corner');
      await check('room-empty');

      const rui = await bot('Rui', server);
      await rui.sendAll('lobby', [...numbered('A message of Rui,', 30), LONG]);
      await ana.goToRoom('lobby');
      await ana.hasJoined('lobby');
      await (await newPerson('Zoë 🌊', server)).signIn('lobby');
      for (const text of ['And a word of Ana.', `Two lines,\nand a long one: ${LONG}`]) await ana.send(text);
      await rui.sendAll('quiet corner', ['psst', 'hello?']);
      await expect(ana.page.locator('.unread, .dot').first()).toBeAttached();
      await check('room-full');
      await checkPanels(ana, check);

      await ana.send('x'.repeat(4_001));
      await expect(ana.page.getByRole('alert')).toContainText('4000 characters');
      await check('composer-problem');
      await ana.field.fill('');
      await ana.page.locator('.scroller').evaluate((scroller) => scroller.scrollBy({ top: -400, behavior: 'instant' }));
      await expect(ana.page.getByRole('button', { name: /Latest messages/ })).toBeVisible();
      await rui.send('lobby', 'news');
      await expect(ana.page.getByRole('button', { name: /new message/ })).toBeVisible();
      await check('news');
      await storeUnsent(ana, TOO_LONG);
      await expect(ana.messages.last().getByRole('button', { name: 'Retry' })).toBeVisible();
      await check('failed');
      await ana.goToRoom('attic');
      await ana.hasJoined('attic');
      // On a narrow screen the link is in a closed panel.
      await ana.page.locator('.room-link a', { hasText: 'quiet corner' }).dispatchEvent('click');
      await expect(ana.notices).toContainText('You are in as many rooms');
      await check('refusal');
      await ana.goToRoom('lobby');
      await ana.hasJoined('lobby');
      await redis.flush();
      await rui.send('lobby', 'anew');
      await expect(ana.notices).toContainText("The room's history was replaced");
      await check('gap');

      await ana.page.goto(`${server.url}/no/such/page`);
      await check('problem');
      await ana.goToRoom('lobby');
      await ana.hasJoined('lobby');
      await server.kill();
      await ana.send('waiting to be sent');
      await expect(ana.banner).toContainText('The connection is lost');
      await check('banner');
    });
  }
}

test('at 200 % zoom nothing overflows and all controls are reachable', async ({ server, newPerson, bot }, testInfo) => {
  await (await bot('Rui', server)).sendAll('lobby', [...numbered('A message of Rui,', 20), LONG]);
  // Corresponds to a screen of 1280 by 800.
  const ana = await newPerson('Ana', server, { viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 });
  await ana.page.goto(server.url);
  await checkAccessibility(ana, 'zoom-sign-in', testInfo);
  await ana.submitSignIn('lobby');
  await ana.hasJoined('lobby');
  await expect(ana.messages.last()).toBeInViewport();
  await expect(ana.field).toBeInViewport({ ratio: 1 });
  await checkAccessibility(ana, 'zoom-room', testInfo);
  await ana.field.fill('line\n'.repeat(20));
  await expect(ana.page.locator('.send')).toBeInViewport({ ratio: 1 });
  await expect(ana.page.locator('h1')).toBeInViewport({ ratio: 1 });
});

const LONG = 'A sentence with-a-long-word-'.concat('that-does-not-break-'.repeat(12), ' and then goes on.');

/** Checks the panels of rooms and people, which cover the messages on a narrow screen. */
async function checkPanels(person: Person, check: (state: string) => Promise<void>): Promise<void> {
  for (const panel of ['Rooms', 'People']) {
    const toggle = person.page.getByRole('button', { name: new RegExp(`^${panel}`) });
    if (!(await toggle.isVisible())) continue;
    await toggle.click();
    await expect(person.page.locator(`#${panel.toLowerCase()}`)).toBeVisible();
    await check(panel.toLowerCase());
    await person.page.keyboard.press('Escape');
    await expect(person.page.locator(`#${panel.toLowerCase()}`)).toBeHidden();
  }
}
