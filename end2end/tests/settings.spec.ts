import type { Page } from '@playwright/test';
import type { Person } from './support/person';
import { expect, test } from './support/test';

test('another name is seen by the room, and what was half written stays', async ({ server, invite }) => {
  const [ana, rui] = [await invite('Ana', server), await invite('Rui', server)];
  await ana.signIn('lobby');
  await rui.signIn('lobby');
  await ana.say('as Ana');
  await ana.field.fill('half written');
  await open(ana);
  await form(ana).getByLabel('Your name').fill('Zoe');
  await save(ana);
  await ana.isIn('lobby');
  await expect(ana.page.locator('.me .person')).toHaveText('Zoe');
  await expect(ana.field).toHaveValue('half written');
  await expect(rui.page.locator('#people .person')).toHaveText(['Rui', 'Zoe']);

  await ana.say('as Zoe');
  await rui.reads(['as Ana', 'as Zoe']);
  await expect(rui.page.locator('#messages .author')).toHaveText(['Ana', 'Zoe']);
  await expect(ana.page.locator('#messages .own'), 'the same person').toHaveCount(2);
});

test('the settings lead back to the room that is on the screen', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await ana.open('café & bar?');
  await ana.isIn('café & bar?');
  await open(ana);
  await save(ana);
  await expect(ana.page).toHaveURL(/\/r\/caf%C3%A9/);
  await ana.isIn('café & bar?');
});

for (const system of ['light', 'dark'] as const) {
  test(`a theme sticks, whatever the system: ${system}`, async ({ server, invite }) => {
    const ana = await (await invite('Ana', server, { colorScheme: system })).signIn('lobby');
    const [light, dark] = ['rgb(247, 242, 234)', 'rgb(28, 24, 22)'];
    await expect.poll(() => paper(ana.page)).toBe(system === 'light' ? light : dark);
    for (const [theme, color] of [['Light', light], ['Dark', dark]] as const) {
      await open(ana);
      await form(ana).getByLabel('Theme').selectOption(theme);
      await save(ana);
      await ana.isIn('lobby');
      await ana.page.reload();
      await ana.isIn('lobby');
      expect(await paper(ana.page)).toBe(color);
      await expect(ana.page.locator('meta[name=theme-color]')).toHaveCount(1);
      await open(ana);
      await expect(form(ana).getByLabel('Theme')).toHaveValue(theme.toLowerCase());
      await ana.page.keyboard.press('Escape');
    }
    await ana.page.getByRole('button', { name: 'Sign out' }).click();
    await expect(ana.page.locator('#name')).toBeVisible();
    expect(await paper(ana.page), 'it is the browser’s, not the session’s').toBe(dark);
  });
}

test('without JavaScript they work as well, before somebody has signed in and after', async ({ server, invite }) => {
  const ana = await invite('Ana', server, { javaScriptEnabled: false });
  await ana.page.goto(`${server.url}/r/lobby`);
  await ana.page.getByRole('button', { name: 'Language and theme' }).click();
  await form(ana).getByLabel('Theme').selectOption('Dark');
  await save(ana);
  await expect(ana.page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(ana.page.locator('#room'), 'the room that was asked for').toHaveValue('lobby');
  await ana.fillIn('lobby');
  await open(ana);
  await form(ana).getByLabel('Your name').fill('Zoe');
  await save(ana);
  await expect(ana.page.locator('.me .person')).toHaveText('Zoe');
  await expect(ana.page).toHaveURL(/\/r\/lobby$/);
});

test.describe('a name that cannot be', () => {
  test.use({ forgives: /status of 422/ });

  test('is said, with all that was typed kept', async ({ server, invite }) => {
    const ana = await (await invite('Ana', server)).signIn('lobby');
    await ana.field.fill('half written');
    await open(ana);
    await form(ana).getByLabel('Your name').fill('   ');
    await form(ana).getByLabel('Theme').selectOption('Dark');
    await save(ana);
    await expect(ana.page.getByRole('alert')).toHaveText('Your name is missing.');
    await expect(form(ana).getByLabel('Your name')).toHaveValue('   ');
    await expect(form(ana).getByLabel('Theme')).toHaveValue('dark');
    await form(ana).getByLabel('Your name').fill('Zoe');
    await save(ana);
    await ana.isIn('lobby');
    await expect(ana.field).toHaveValue('half written');
  });
});

test('a kept page is not in the theme of before', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  await expect.poll(() => ana.page.evaluate(() => Boolean(navigator.serviceWorker.controller))).toBe(true);
  await ana.page.reload();
  await open(ana);
  await form(ana).getByLabel('Language').selectOption('Español');
  await save(ana);
  await ana.isIn('lobby');
  const kept = (path: string) =>
    ana.page.evaluate(async (path) => (await (await caches.match(path))?.text())?.match(/<html lang="(\w+)"/)?.[1], path);
  await expect.poll(() => kept('/r/lobby')).toBe('es');
  await expect.poll(() => kept('/offline')).toBe('es');
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

async function paper(page: Page): Promise<string> {
  return page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
}
