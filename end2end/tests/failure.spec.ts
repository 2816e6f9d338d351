import { numbered } from './support/bot';
import type { Person } from './support/person';
import { expect, test } from './support/test';

test('a message that is too long stays in its field, with the reason', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  const text = 'x'.repeat(4_001);
  await ana.say(text);
  await expect(ana.page.getByRole('alert')).toContainText('4000 characters');
  await expect(ana.field).toHaveValue(text);
  await expect(ana.messages).toHaveCount(0);

  await ana.say('shorter');
  await ana.hasSettled('shorter');
  await expect(ana.page.getByRole('alert')).toHaveCount(0);
  await expect(ana.field).toHaveValue('');
});

test('the longest message arrives whole', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  const rui = await (await invite('Rui', server)).signIn('lobby');
  for (const text of ['🌊'.repeat(4_000), '"'.repeat(4_000), 'x '.repeat(1_999).concat('.')]) {
    await ana.say(text);
    await expect(ana.page.locator('.pending, .message-failure')).toHaveCount(0);
    await expect.poll(() => rui.texts.last().textContent()).toBe(text);
  }
  expect(ana.joins('lobby'), 'the connection was never lost').toBe(1);
});

test('a message that the server refuses can be tried again and thrown away', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  // As an older version of the page may have left it behind, which allowed more.
  const text = 'too long '.repeat(500);
  await leaveUnsent(ana, text);
  await ana.page.reload();
  const message = ana.messages.filter({ hasText: 'too long' });
  await expect(message).toContainText('Not sent.');
  await expect(message).toContainText('4000 characters');

  await message.getByRole('button', { name: 'Retry' }).click();
  await expect(message).toContainText('Not sent.');
  await ana.say('in the meantime');
  await ana.hasSettled('in the meantime');
  await ana.page.reload();
  await expect(message, 'nothing is thrown away unasked').toContainText('Not sent.');

  await message.getByRole('button', { name: 'Discard' }).click();
  await ana.reads(['in the meantime']);
  await ana.page.reload();
  await ana.isIn('lobby');
  await ana.reads(['in the meantime']);
});

test('somebody who is too fast is slowed down, and nothing is lost', async ({ start, invite }) => {
  const server = await start({ SENDS_BURST: '5', SENDS_PER_SECOND: '10' });
  const ana = await (await invite('Ana', server)).signIn('lobby');
  const rui = await (await invite('Rui', server)).signIn('lobby');
  const written = numbered('fast', 25);
  for (const text of written) await ana.say(text);
  await rui.reads(written);
  await ana.reads(written);
  await expect(ana.page.locator('.pending, .message-failure')).toHaveCount(0);
});

async function leaveUnsent(person: Person, text: string): Promise<void> {
  await person.page.evaluate((text) => {
    const [, user] = Object.keys(localStorage).flatMap((key) => /^sala\.room\.(.+)\.lobby$/.exec(key) ?? []);
    if (!user) throw new Error('the page keeps no room');
    const message = { room: 'lobby', id: 'left-behind', text, at: Date.now() };
    localStorage.setItem(`sala.outbox.${user}.lobby.left-behind`, JSON.stringify(message));
  }, text);
}
