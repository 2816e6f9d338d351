import type { Person } from './support/person';
import { expect, test } from './support/test';

test('two people chat in a room', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  const rui = await (await invite('Rui', server)).signIn('lobby');
  await expect(ana.page.locator('.news')).toHaveText('Rui joined');
  for (const person of [ana, rui]) await seesPeople(person, ['Ana', 'Rui']);

  await ana.say('Hello, Rui!');
  await rui.say('Hello, Ana!');
  for (const person of [ana, rui]) {
    await person.hasSettled('Hello, Rui!');
    await person.hasSettled('Hello, Ana!');
    await expect(person.message('Hello, Rui!').locator('.author')).toHaveText('Ana');
    await expect(person.message('Hello, Ana!').locator('.author')).toHaveText('Rui');
  }
  await expect(ana.field).toHaveValue('');
});

test('people see who is writing', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  const rui = await (await invite('Rui', server)).signIn('lobby');
  await ana.field.pressSequentially('Let me think');
  await expect(rui.page.locator('.typing')).toHaveText('Ana is writing…');
  await expect(ana.page.locator('.typing')).toHaveText('');
  await ana.field.press('Enter');
  await rui.reads(['Let me think']);
  // By itself it would go after six seconds.
  await expect(rui.page.locator('.typing')).toHaveText('', { timeout: 2_000 });
});

test('people chat across two instances on one Redis', async ({ redis, start, invite }) => {
  const [one, another] = [await start({ REDIS_URL: redis.url }), await start({ REDIS_URL: redis.url })];
  const ana = await (await invite('Ana', one)).signIn('lobby');
  await ana.say('Is anybody here?');
  await ana.hasSettled('Is anybody here?');

  const rui = await invite('Rui', another);
  await rui.signIn('lobby');
  await rui.reads(['Is anybody here?']);
  await expect(ana.page.locator('.news')).toHaveText('Rui joined');
  for (const person of [ana, rui]) await seesPeople(person, ['Ana', 'Rui']);

  await rui.say('I am, on another instance.');
  await ana.say('Welcome!');
  for (const person of [ana, rui]) {
    await expect(person.messages).toHaveCount(3);
    await person.hasSettled('I am, on another instance.');
    await person.hasSettled('Welcome!');
  }
  const order = await ana.texts.allTextContents();
  await rui.reads(order);
});

test('somebody who leaves is gone from the list', async ({ server, invite }) => {
  const ana = await (await invite('Ana', server)).signIn('lobby');
  const rui = await (await invite('Rui', server)).signIn('lobby');
  await seesPeople(ana, ['Ana', 'Rui']);
  await rui.page.getByRole('button', { name: 'Leave lobby' }).click();
  await expect(ana.page.locator('.news')).toHaveText('Rui left');
  await seesPeople(ana, ['Ana']);
});

async function seesPeople(person: Person, names: string[]): Promise<void> {
  await expect(person.page.locator('.people-list .person')).toHaveText(names);
  await expect(person.page.locator('.people-list .you')).toHaveCount(1);
}
