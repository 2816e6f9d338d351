import type { BrowserContextOptions } from '@playwright/test';
import { numbered } from './support/bot';
import { expect, test } from './support/test';

const WITHOUT_SCRIPT: BrowserContextOptions = { javaScriptEnabled: false };

// Chromium preloads the script although JavaScript is disabled, and warns that it is not used.
test.use({ allowedErrors: /was preloaded using link preload but not used/ });

test('without JavaScript people sign in, read and post', async ({ server, newPerson, bot }) => {
  const rui = await bot('Rui', server);
  await rui.sendAll('lobby', ['first', 'second']);
  const ana = await newPerson('Ana', server, WITHOUT_SCRIPT);
  await ana.page.goto(server.url);
  await ana.submitSignIn('lobby');
  await expect(ana.page).toHaveURL(`${server.url}/r/lobby`);
  await expect(ana.page.locator('#chatroom h1')).toHaveText('lobby');
  await ana.seesTexts(['first', 'second']);
  await expect(ana.message('first').locator('.author')).toHaveText('Rui');

  await ana.send('third');
  await expect(ana.page).toHaveURL(`${server.url}/r/lobby`);
  await ana.seesTexts(['first', 'second', 'third']);
  await ana.seesSent('third');
  await expect(ana.field).toHaveValue('');
  await rui.send('lobby', 'fourth');
  await ana.page.getByRole('link', { name: 'Refresh' }).click();
  await ana.seesTexts(['first', 'second', 'third', 'fourth']);
  await ana.page.reload();
  await ana.seesTexts(['first', 'second', 'third', 'fourth']);
});

test('without JavaScript times are shown in UTC', async ({ server, newPerson, bot }) => {
  await (await bot('Rui', server)).sendAll('lobby', ['first', 'second']);
  const ana = await newPerson('Ana', server, WITHOUT_SCRIPT);
  await ana.page.goto(server.url);
  await ana.submitSignIn('lobby');
  const time = ana.message('first').locator('time');
  await expect(time).toBeVisible();
  const at = new Date((await time.getAttribute('datetime')) ?? '');
  const [, , month] = at.toUTCString().split(' ');
  const text = `${at.getUTCDate()} ${month} ${at.getUTCFullYear()}, ${at.toISOString().slice(11, 16)}`;
  await expect(time).toHaveText(text);
  expect(await time.evaluate((time) => getComputedStyle(time, '::after').content)).toBe('" UTC"');
});

test('the page after a post contains the message', async ({ server, bot }) => {
  const rui = await bot('Rui', server);
  for (const text of numbered('posted', 200)) {
    const page = await rui.sendAndFollow('lobby', `${text}.`);
    expect(page.includes(`>${text}.<`), `"${text}" is on the page`).toBe(true);
  }
});

test('a form that is posted twice sends one message', async ({ server, newPerson }) => {
  const ana = await newPerson('Ana', server, WITHOUT_SCRIPT);
  await ana.page.goto(server.url);
  await ana.submitSignIn('lobby');
  const id = await ana.page.locator('input[name=id]').inputValue();
  await ana.send('once');
  await ana.seesTexts(['once']);
  const form = { room: 'lobby', text: 'once', id };
  await ana.page.request.post(`${server.url}/api/send_message`, { form });
  await ana.page.reload();
  await ana.seesTexts(['once']);
});

test.describe('a form that is posted again with another text', () => {
  test.use({ allowedErrors: /status of 422/ });

  test('keeps the changed text and sends it on the next post', async ({ server, newPerson }) => {
    const ana = await newPerson('Ana', server, WITHOUT_SCRIPT);
    await ana.page.goto(server.url);
    await ana.submitSignIn('lobby');
    await ana.send('one thing');
    await ana.seesTexts(['one thing']);
    // Restores the old id, as the browser's back button does.
    const id = await ana.page.locator('input[name=id]').inputValue();
    await ana.send('another');
    await ana.seesTexts(['one thing', 'another']);
    await ana.page.locator('input[name=id]').evaluate((field, id) => field.setAttribute('value', id), id);
    await ana.send('another thing');
    await expect(ana.page.getByText('This page was sent before with another text.')).toBeVisible();
    await expect(ana.field).toHaveValue('another thing');
    await ana.page.locator('.send').click();
    await ana.seesTexts(['one thing', 'another', 'another thing']);
  });
});

test('without JavaScript a form opens another room', async ({ server, newPerson, bot }) => {
  await (await bot('Rui', server)).send('café & bar?', 'in here');
  const ana = await newPerson('Ana', server, WITHOUT_SCRIPT);
  await ana.page.goto(server.url);
  await ana.submitSignIn('lobby');
  await ana.page.getByLabel('Open another room').fill('café & bar?');
  await ana.page.getByRole('button', { name: 'Open', exact: true }).click();
  await expect(ana.page).toHaveURL(`${server.url}/r/caf%C3%A9%20%26%20bar%3F`);
  await expect(ana.page.locator('#chatroom h1')).toHaveText('café & bar?');
  await ana.seesTexts(['in here']);
  await ana.send('me too');
  await ana.seesTexts(['in here', 'me too']);
});

test.describe('an expired session', () => {
  test.use({ allowedErrors: /status of 401|was preloaded using link preload but not used/ });

  test('does not lose the posted text', async ({ server, newPerson }) => {
    const ana = await newPerson('Ana', server, WITHOUT_SCRIPT);
    await ana.page.goto(server.url);
    await ana.submitSignIn('lobby');
    await ana.page.context().clearCookies();
    const text = 'written for long\nin <b>two</b> lines';
    await ana.send(text);
    await expect(ana.page.getByRole('alert')).toContainText('not signed in');
    expect(await ana.page.locator('blockquote').textContent()).toBe(text);
    await expect(ana.page.locator('#room')).toHaveValue('lobby');
    await ana.page.goto(`${server.url}/api/send_message`);
    await expect(ana.page, 'GET redirects to the sign-in page').toHaveURL(`${server.url}/`);
  });
});

test.describe('invalid input', () => {
  test.use({ allowedErrors: /status of 422|was preloaded using link preload but not used/ });

  for (const [problem, name, reason] of [
    ['an empty name', '', 'Your name is missing.'],
    ['a blank name', '   ', 'Your name is missing.'],
    ['a name that is too long', 'n'.repeat(33), 'Your name can have 32 characters at most.'],
    ['a name with a bidirectional override', 'A\u202ena', 'Your name has a character that cannot be shown'],
  ] as const) {
    test(`sign-in with ${problem} shows the reason and keeps the input`, async ({ server, newPerson }) => {
      const ana = await newPerson(name, server, WITHOUT_SCRIPT);
      await ana.page.goto(server.url);
      await ana.page.locator('#name').evaluate((field) => {
        field.removeAttribute('required');
        field.removeAttribute('maxlength');
      });
      const answer = ana.page.waitForResponse('**/api/sign_in');
      await ana.submitSignIn('quiet corner');
      expect((await answer).status()).toBe(422);
      await expect(ana.page.getByRole('alert')).toContainText(reason);
      await expect(ana.page.locator('#name')).toHaveValue(name);
      await expect(ana.page.locator('#room')).toHaveValue('quiet corner');

      await ana.page.locator('#name').fill('Ana');
      await ana.page.locator('.signin').click();
      await expect(ana.page.locator('#chatroom h1')).toHaveText('quiet corner');
    });
  }

  for (const [problem, text, reason] of [
    ['a blank message', '  \n ', 'There is nothing in this message.'],
    ['a message of 4,001 characters', `${'long '.repeat(800)}!`, '4000'],
  ] as const) {
    test(`${problem} is refused with the reason and stays in the field`, async ({ server, newPerson }) => {
      const ana = await newPerson('Ana', server, WITHOUT_SCRIPT);
      await ana.page.goto(server.url);
      await ana.submitSignIn('lobby');
      const answer = ana.page.waitForResponse('**/api/send_message');
      await ana.send(text);
      expect((await answer).status()).toBe(422);
      await expect(ana.page.getByRole('alert')).toContainText(reason);
      await expect(ana.field).toHaveValue(text);
      await expect(ana.page.locator('#chatroom h1')).toHaveText('lobby');
      await ana.send('short');
      await ana.seesTexts(['short']);
    });
  }
});
