import { expect, test } from './support/test';

test('the picker searches emoji, applies a skin tone and inserts into the text', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.field.fill('well done ');
  await ana.page.getByRole('button', { name: 'Emoji', exact: true }).click();
  const picker = ana.page.getByRole('dialog', { name: 'Emoji' });
  await expect(picker.getByLabel('Search emoji')).toBeFocused();
  await picker.getByRole('button', { name: 'Medium', exact: true }).click();
  await picker.getByLabel('Search emoji').fill('thumbs up');
  await ana.page.keyboard.press('Enter');
  await expect(picker).toBeHidden();
  await expect(ana.field).toHaveValue('well done 👍🏽');
  await expect(ana.field).toBeFocused();

  await ana.page.reload();
  await ana.hasJoined('lobby');
  await ana.page.getByRole('button', { name: 'Emoji', exact: true }).click();
  const medium = picker.getByRole('button', { name: 'Medium', exact: true });
  await expect(medium, 'the skin tone is stored').toHaveAttribute('aria-pressed', 'true');
  await picker.getByLabel('Search emoji').fill('no such thing');
  await expect(picker).toContainText('No emoji has that name.');
  await picker.getByLabel('Search emoji').fill('');
  await ana.page.keyboard.press('ArrowDown');
  await ana.page.keyboard.press('ArrowRight');
  await ana.page.keyboard.press('Enter');
  await expect(picker).toBeHidden();
});

test('any emoji can be used as a reaction', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.send('hello');
  await ana.seesSent('hello');
  await ana.chooseAction(ana.message('hello'), 'Another emoji');
  await ana.page.getByLabel('Search emoji').fill('octopus');
  await ana.page.keyboard.press('Enter');
  await expect(ana.messages.first().locator('.reaction')).toHaveText('🐙1');
});

test('the composer completes names and shortcodes', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const rui = await (await newPerson('Rui Costa', server)).signIn('lobby');
  await expect(ana.page.locator('.people-list .person')).toHaveCount(2);
  await ana.field.pressSequentially('hi @ru');
  const offers = ana.page.getByRole('listbox', { name: 'Suggestions' }).getByRole('option');
  await expect(offers).toHaveText(['Rui Costa']);
  await ana.page.keyboard.press('Enter');
  await expect(ana.field).toHaveValue('hi @Rui Costa ');
  await expect(ana.messages, 'Enter sends nothing while it completes').toHaveCount(0);

  await ana.field.pressSequentially(':tad');
  await expect(offers.first()).toContainText('🎉');
  await ana.page.keyboard.press('Escape');
  await expect(offers).toHaveCount(0);
  await ana.field.pressSequentially('a:');
  await expect(ana.field).toHaveValue('hi @Rui Costa 🎉');
  await ana.page.keyboard.press('Enter');
  await expect(rui.messages.last(), 'the message mentions Rui').toHaveClass(/for-me/);
  await expect(rui.page.locator('.mention.reader')).toHaveText('@Rui Costa');
  await expect(ana.messages.last()).not.toHaveClass(/for-me/);
  await expect(ana.page.locator('.mention')).toHaveText('@Rui Costa');
});
