import { type Page, expect } from '@playwright/test';
import { SIZES, THEMES, check } from './support/accessibility';
import type { Person } from './support/person';
import { test } from './support/test';

test.use({ forgives: /status of 422/ });
test.setTimeout(120_000);

for (const colorScheme of THEMES) {
  for (const [width, height] of SIZES) {
    test(`what opens over the room is accessible, ${colorScheme} at ${width} pixels`, async ({ start, invite, bot }, testInfo) => {
      const server = await start({ SENDS_BURST: '500' });
      const options = { colorScheme, viewport: { width, height }, reducedMotion: 'reduce' } as const;
      const ana = await invite('Ana', server, options);
      const look = (state: string) => check(ana, `${state}-${colorScheme}-${width}`, testInfo);
      await undecided(ana.page);
      await ana.signIn('lobby');
      await (await bot('Rui', server)).sayAll('lobby', MARKED);
      await expect(ana.messages).toHaveCount(MARKED.length);
      await ana.say('to be edited');
      await ana.hasSettled('to be edited');
      await ana.say('to be deleted');
      await ana.hasSettled('to be deleted');

      await ana.choose(ana.message('hello everybody'), '👍');
      await expect(ana.page.locator('.reaction')).toHaveCount(1);
      await ana.choose(ana.message('to be edited'), 'Edit');
      await look('edit');
      await ana.field.fill('edited');
      await ana.field.press('Enter');
      await ana.choose(ana.message('to be deleted'), 'Delete');
      await look('delete');
      await ana.page.getByRole('menuitem', { name: 'Delete it for everybody?' }).click();
      await expect(ana.messages.last().locator('.message-state')).toBeVisible();
      await look('marked');

      await ana.menuOf(ana.message('hello everybody'));
      await look('menu');
      await ana.page.getByRole('menuitem', { name: 'Reply', exact: true }).click();
      await expect(ana.field).toBeFocused();
      await look('reply');
      await ana.field.fill('I answer.');
      await ana.field.press('Enter');
      await expect(ana.page.locator('.quote')).toHaveCount(1);
      await look('quote');

      await ana.page.getByRole('button', { name: 'Emoji', exact: true }).click();
      await look('picker');
      await ana.page.getByLabel('Search emoji').fill('no such thing');
      await look('picker-empty');
      await ana.page.getByLabel('Search emoji').fill('');
      await ana.page.keyboard.press('Escape');
      await ana.field.fill('');
      await ana.field.pressSequentially('@');
      await expect(ana.page.getByRole('listbox')).toBeVisible();
      await look('completion');
      await ana.page.keyboard.press('Escape');
      await ana.field.fill('');

      await ana.field.press('Control+k');
      await expect(ana.page.getByRole('combobox')).toBeFocused();
      await look('switcher');
      await ana.page.keyboard.press('Escape');
      await ana.page.locator('.scroller').press('?');
      await expect(ana.page.getByRole('dialog')).toBeVisible();
      await look('shortcuts');
      await ana.page.keyboard.press('Escape');

      await panel(ana, 'People');
      await ana.page.getByRole('button', { name: 'Invite' }).click();
      await expect(ana.page.getByRole('dialog', { name: 'Invite' })).toBeVisible();
      await look('invite');
      await ana.page.keyboard.press('Escape');
      await ana.goTo('kitchen');
      await ana.isIn('kitchen');
      await (await bot('Rui', server)).say('lobby', 'and you, @Ana?');
      await expect(ana.notices.getByRole('button')).toHaveCount(2);
      await look('notify');
      await panel(ana, 'Rooms');
      await look('mention');
      await ana.page.getByRole('button', { name: 'Notifications' }).click();
      await expect(ana.page.getByRole('dialog', { name: 'Notifications' })).toBeVisible();
      await look('notifications');
      await ana.page.keyboard.press('Escape');
      await panel(ana, 'Rooms');
      await ana.page.locator('.me [popovertarget=settings]').click();
      await expect(ana.page.locator('#settings')).toBeVisible();
      await look('settings');
      await ana.page.getByLabel('Your name').fill(' ');
      await ana.page.locator('#settings-form').getByRole('button').click();
      await expect(ana.page.getByRole('alert')).toBeVisible();
      await look('settings-problem');
      await ana.page.goto(`${server.url}/offline`);
      await look('offline');
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

/** Headless Chromium has denied notifications before anybody asks. */
async function undecided(page: Page): Promise<void> {
  await page.addInitScript(() => Object.defineProperty(Notification, 'permission', { get: () => 'default' }));
}

/** Opens a panel where it is none of the columns. */
async function panel({ page }: Person, name: string): Promise<void> {
  const toggle = page.getByRole('button', { name: new RegExp(`^${name}`) });
  if (await toggle.isVisible()) await toggle.click();
}
