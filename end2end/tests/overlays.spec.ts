import { type Page, expect } from '@playwright/test';
import { SIZES, THEMES, checkAccessibility } from './support/accessibility';
import type { Person } from './support/person';
import { test } from './support/test';

test.use({ allowedErrors: /status of 422/ });
test.setTimeout(120_000);

for (const colorScheme of THEMES) {
  for (const [width, height] of SIZES) {
    test(`overlays of the room are accessible, ${colorScheme} at ${width} pixels`, async (
      { startServer, newPerson, bot },
      testInfo,
    ) => {
      const server = await startServer({ SENDS_BURST: '500' });
      const options = { colorScheme, viewport: { width, height }, reducedMotion: 'reduce' } as const;
      const ana = await newPerson('Ana', server, options);
      const check = (state: string) => checkAccessibility(ana, `${state}-${colorScheme}-${width}`, testInfo);
      await allowPermissionPrompt(ana.page);
      await ana.signIn('lobby');
      await (await bot('Rui', server)).sendAll('lobby', MARKED);
      await expect(ana.messages).toHaveCount(MARKED.length);
      await ana.send('to be edited');
      await ana.seesSent('to be edited');
      await ana.send('to be deleted');
      await ana.seesSent('to be deleted');

      await ana.chooseAction(ana.message('hello everybody'), '👍');
      await expect(ana.page.locator('.reaction')).toHaveCount(1);
      await ana.chooseAction(ana.message('to be edited'), 'Edit');
      await check('edit');
      await ana.field.fill('edited');
      await ana.field.press('Enter');
      await ana.chooseAction(ana.message('to be deleted'), 'Delete');
      await check('delete');
      await ana.page.getByRole('menuitem', { name: 'Delete it for everybody?' }).click();
      await expect(ana.messages.last().locator('.message-state')).toBeVisible();
      await check('marked');

      await ana.openMenu(ana.message('hello everybody'));
      await check('menu');
      await ana.page.getByRole('menuitem', { name: 'Reply', exact: true }).click();
      await expect(ana.field).toBeFocused();
      await check('reply');
      await ana.field.fill('I answer.');
      await ana.field.press('Enter');
      await expect(ana.page.locator('.quote')).toHaveCount(1);
      await check('quote');

      await ana.page.getByRole('button', { name: 'Emoji', exact: true }).click();
      await check('picker');
      await ana.page.getByLabel('Search emoji').fill('no such thing');
      await check('picker-empty');
      await ana.page.getByLabel('Search emoji').fill('');
      await ana.page.keyboard.press('Escape');
      await ana.field.fill('');
      await ana.field.pressSequentially('@');
      await expect(ana.page.getByRole('listbox')).toBeVisible();
      await check('completion');
      await ana.page.keyboard.press('Escape');
      await ana.field.fill('');

      await ana.field.press('Control+k');
      await expect(ana.page.getByRole('combobox')).toBeFocused();
      await check('switcher');
      await ana.page.keyboard.press('Escape');
      await ana.page.locator('.scroller').press('?');
      await expect(ana.page.getByRole('dialog')).toBeVisible();
      await check('shortcuts');
      await ana.page.keyboard.press('Escape');

      await openPanel(ana, 'People');
      await ana.page.getByRole('button', { name: 'Invite' }).click();
      await expect(ana.page.getByRole('dialog', { name: 'Invite' })).toBeVisible();
      await check('invite');
      await ana.page.keyboard.press('Escape');
      await ana.goToRoom('kitchen');
      await ana.hasJoined('kitchen');
      await (await bot('Rui', server)).send('lobby', 'and you, @Ana?');
      await expect(ana.notices.getByRole('button')).toHaveCount(2);
      await check('notify');
      await openPanel(ana, 'Rooms');
      await check('mention');
      await ana.page.getByRole('button', { name: 'Notifications' }).click();
      await expect(ana.page.getByRole('dialog', { name: 'Notifications' })).toBeVisible();
      await check('notifications');
      await ana.page.keyboard.press('Escape');
      await openPanel(ana, 'Rooms');
      await ana.page.locator('.me [popovertarget=settings]').click();
      await expect(ana.page.locator('#settings')).toBeVisible();
      await check('settings');
      await ana.page.getByLabel('Your name').fill(' ');
      await ana.page.locator('#settings-form').getByRole('button').click();
      await expect(ana.page.getByRole('alert')).toBeVisible();
      await check('settings-problem');
      await ana.page.goto(`${server.url}/offline`);
      await check('offline');
    });
  }
}

const MARKED = [
  'hello everybody',
  '**bold**, *slanted*, ~~gone~~, `code` and [a link](https://a.example), @Ana',
  '> somebody said this\n\n- one\n- two\n\n1. first\n2. second',
  '```\nfn main() {\n    println!("a line that is longer than a phone is wide, by far, so that it has to be scrolled");\n}\n```',
  '🎉🎉',
  'مرحبا بكم في الغرفة',
];

/** Headless Chromium denies notifications by default, so the page would not ask. */
async function allowPermissionPrompt(page: Page): Promise<void> {
  await page.addInitScript(() => Object.defineProperty(Notification, 'permission', { get: () => 'default' }));
}

/** Opens a panel if it is not a column of the page. */
async function openPanel({ page }: Person, name: string): Promise<void> {
  const toggle = page.getByRole('button', { name: new RegExp(`^${name}`) });
  if (await toggle.isVisible()) await toggle.click();
}
