import { recordLoads } from './support/browser';
import type { Person } from './support/person';
import { expect, test } from './support/test';

/** The chunk of the switcher, as `cargo leptos --split` names it. */
const SWITCHER_CHUNK = /\/pkg\/split_switcher[^/]*\.wasm$/;

test('the switcher changes and opens rooms by keyboard', async ({ server, newPerson, bot }) => {
  const ana = await newPerson('Ana', server);
  const loads = recordLoads(ana.page, SWITCHER_CHUNK);
  await ana.signIn('attic');
  await ana.openRoom('kitchen');
  await ana.hasJoined('kitchen');
  await (await bot('Rui', server)).send('attic', 'hello @Ana');
  await expect(ana.page.locator('.mention')).toHaveCount(1);
  expect(loads, 'nothing is loaded before the first use').toEqual([]);

  const { keyboard } = ana.page;
  await ana.field.focus();
  await keyboard.press('Control+k');
  await expect(field(ana)).toBeFocused();
  await expect(options(ana)).toHaveText([/attic.*1 mention/, 'kitchen']);
  await expect(selected(ana)).toContainText('attic');
  await keyboard.press('ArrowDown');
  await expect(selected(ana)).toHaveText('kitchen');
  await keyboard.press('ArrowDown');
  await expect(selected(ana), 'the selection wraps around').toContainText('attic');
  await expect(field(ana)).toHaveAttribute('aria-activedescendant', (await selected(ana).getAttribute('id')) ?? '');
  await keyboard.press('Enter');
  await expect(ana.page.locator('#chatroom h1')).toHaveText('attic');
  await expect(dialog(ana)).toBeHidden();
  await expect(ana.field, 'the focus returns').toBeFocused();

  await keyboard.press('Control+k');
  await keyboard.type('Zoo');
  await expect(options(ana)).toHaveText(['Open the room “Zoo”']);
  await keyboard.press('Enter');
  await ana.hasJoined('Zoo');
  expect(loads).toHaveLength(1);

  await keyboard.press('Meta+k');
  await expect(field(ana), 'the field is empty again').toHaveValue('');
  await keyboard.type('zO');
  await expect(options(ana)).toHaveText(['Zoo', 'Open the room “zO”']);
  await keyboard.press('Escape');
  await expect(dialog(ana)).toBeHidden();
  await expect(ana.page.locator('#chatroom h1')).toHaveText('Zoo');
});

test('the switcher works by touch on a phone', async ({ server, newPerson }) => {
  const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
  const ana = await (await newPerson('Ana', server, phone)).signIn('attic');
  await ana.page.getByRole('button', { name: 'Rooms' }).tap();
  await ana.openRoom('kitchen');
  await ana.hasJoined('kitchen');
  await ana.page.getByRole('button', { name: 'Rooms' }).tap();
  await ana.page.getByRole('button', { name: 'Go to a room' }).tap();
  await expect(dialog(ana)).toBeVisible();
  await options(ana).filter({ hasText: 'attic' }).tap();
  await expect(ana.page.locator('#chatroom h1')).toHaveText('attic');
  await expect(dialog(ana)).toBeHidden();
});

function dialog({ page }: Person) {
  return page.getByRole('dialog', { name: 'Go to a room' });
}

function field(person: Person) {
  return dialog(person).getByRole('combobox', { name: 'Room' });
}

function options(person: Person) {
  return dialog(person).getByRole('option');
}

function selected(person: Person) {
  return dialog(person).getByRole('option', { selected: true });
}
