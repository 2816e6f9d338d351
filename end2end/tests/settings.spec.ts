import type { Page } from '@playwright/test';
import type { Person } from './support/person';
import { expect, test } from './support/test';

test('a changed name is shown to the room, and the draft stays', async ({ server, newPerson }) => {
  const [ana, rui] = [await newPerson('Ana', server), await newPerson('Rui', server)];
  await ana.signIn('lobby');
  await rui.signIn('lobby');
  await ana.send('as Ana');
  await ana.field.fill('a draft');
  await open(ana);
  await form(ana).getByLabel('Your name').fill('Zoe');
  await save(ana);
  await ana.hasJoined('lobby');
  await expect(ana.page.locator('.me .person')).toHaveText('Zoe');
  await expect(ana.field).toHaveValue('a draft');
  await expect(rui.page.locator('#people .person')).toHaveText(['Rui', 'Zoe']);

  await ana.send('as Zoe');
  await rui.seesTexts(['as Ana', 'as Zoe']);
  await expect(rui.page.locator('#messages .author')).toHaveText(['Ana', 'Zoe']);
  await expect(ana.page.locator('#messages .own'), 'messages of the same person').toHaveCount(2);
});

test('the settings return to the room on the screen', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.openRoom('café & bar?');
  await ana.hasJoined('café & bar?');
  await open(ana);
  await save(ana);
  await expect(ana.page).toHaveURL(/\/r\/caf%C3%A9/);
  await ana.hasJoined('café & bar?');
});

for (const system of ['light', 'dark'] as const) {
  test(`a chosen theme overrides the system's ${system} theme and persists`, async ({ server, newPerson }) => {
    const ana = await (await newPerson('Ana', server, { colorScheme: system })).signIn('lobby');
    const [light, dark] = ['rgb(247, 242, 234)', 'rgb(28, 24, 22)'];
    await expect.poll(() => backgroundColor(ana.page)).toBe(system === 'light' ? light : dark);
    for (const [theme, color] of [['Light', light], ['Dark', dark]] as const) {
      await open(ana);
      await form(ana).getByLabel('Theme').selectOption(theme);
      await save(ana);
      await ana.hasJoined('lobby');
      await ana.page.reload();
      await ana.hasJoined('lobby');
      expect(await backgroundColor(ana.page)).toBe(color);
      await expect(ana.page.locator('meta[name=theme-color]')).toHaveCount(1);
      await open(ana);
      await expect(form(ana).getByLabel('Theme')).toHaveValue(theme.toLowerCase());
      await ana.page.keyboard.press('Escape');
    }
    await ana.page.getByRole('button', { name: 'Sign out' }).click();
    await expect(ana.page.locator('#name')).toBeVisible();
    expect(await backgroundColor(ana.page), 'the theme belongs to the browser, not to the session').toBe(dark);
  });
}

test('settings work without JavaScript, before and after the sign-in', async ({ server, newPerson }) => {
  const ana = await newPerson('Ana', server, { javaScriptEnabled: false });
  await ana.page.goto(`${server.url}/r/lobby`);
  await ana.page.getByRole('button', { name: 'Language and theme' }).click();
  await form(ana).getByLabel('Theme').selectOption('Dark');
  await save(ana);
  await expect(ana.page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(ana.page.locator('#room'), 'the requested room').toHaveValue('lobby');
  await ana.submitSignIn('lobby');
  await open(ana);
  await form(ana).getByLabel('Your name').fill('Zoe');
  await save(ana);
  await expect(ana.page.locator('.me .person')).toHaveText('Zoe');
  await expect(ana.page).toHaveURL(/\/r\/lobby$/);
});

test.describe('an invalid name', () => {
  test.use({ allowedErrors: /status of 422/ });

  test('shows the reason and keeps the input', async ({ server, newPerson }) => {
    const ana = await (await newPerson('Ana', server)).signIn('lobby');
    await ana.field.fill('a draft');
    await open(ana);
    await form(ana).getByLabel('Your name').fill('   ');
    await form(ana).getByLabel('Theme').selectOption('Dark');
    await save(ana);
    await expect(ana.page.getByRole('alert')).toHaveText('Your name is missing.');
    await expect(form(ana).getByLabel('Your name')).toHaveValue('   ');
    await expect(form(ana).getByLabel('Theme')).toHaveValue('dark');
    await form(ana).getByLabel('Your name').fill('Zoe');
    await save(ana);
    await ana.hasJoined('lobby');
    await expect(ana.field).toHaveValue('a draft');
  });
});

test('after a change of the language the cached pages are in the new one', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await expect.poll(() => ana.page.evaluate(() => Boolean(navigator.serviceWorker.controller))).toBe(true);
  await ana.page.reload();
  await open(ana);
  await form(ana).getByLabel('Language').selectOption('Español');
  await save(ana);
  await ana.hasJoined('lobby');
  const cachedLanguage = (path: string) =>
    ana.page.evaluate(async (path) => {
      const html = await (await caches.match(path))?.text();
      return html?.match(/<html lang="(\w+)"/)?.[1];
    }, path);
  await expect.poll(() => cachedLanguage('/r/lobby')).toBe('es');
  await expect.poll(() => cachedLanguage('/offline')).toBe('es');
});

async function open({ page }: Person): Promise<void> {
  await page.locator('.me [popovertarget=settings]').click();
}

function form({ page }: Person) {
  return page.locator('#settings-form');
}

async function save(person: Person): Promise<void> {
  await form(person).getByRole('button').click();
}

async function backgroundColor(page: Page): Promise<string> {
  return page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
}
