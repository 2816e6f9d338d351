import type { Person } from './support/person';
import { expect, test } from './support/test';

test('two people chat in a room', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const rui = await (await newPerson('Rui', server)).signIn('lobby');
  await expect(ana.page.locator('.news')).toHaveText('Rui joined');
  for (const person of [ana, rui]) await seesPeople(person, ['Ana', 'Rui']);

  await ana.send('Hello, Rui!');
  await rui.send('Hello, Ana!');
  for (const person of [ana, rui]) {
    await person.seesSent('Hello, Rui!');
    await person.seesSent('Hello, Ana!');
    await expect(person.message('Hello, Rui!').locator('.author')).toHaveText('Ana');
    await expect(person.message('Hello, Ana!').locator('.author')).toHaveText('Rui');
  }
  await expect(ana.field).toHaveValue('');
});

test('people see who is typing', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const rui = await (await newPerson('Rui', server)).signIn('lobby');
  await ana.field.pressSequentially('Let me think');
  await expect(rui.page.locator('.typing')).toHaveText('Ana is writing…');
  await expect(ana.page.locator('.typing')).toHaveText('');
  await ana.field.press('Enter');
  await rui.seesTexts(['Let me think']);
  // Without the message the notice would disappear after six seconds.
  await expect(rui.page.locator('.typing')).toHaveText('', { timeout: 2_000 });
});

test('people chat across two instances on one Redis', async ({ redis, startServer, newPerson }) => {
  const [one, another] = [await startServer({ REDIS_URL: redis.url }), await startServer({ REDIS_URL: redis.url })];
  const ana = await (await newPerson('Ana', one)).signIn('lobby');
  await ana.send('Is anybody here?');
  await ana.seesSent('Is anybody here?');

  const rui = await newPerson('Rui', another);
  await rui.signIn('lobby');
  await rui.seesTexts(['Is anybody here?']);
  await expect(ana.page.locator('.news')).toHaveText('Rui joined');
  for (const person of [ana, rui]) await seesPeople(person, ['Ana', 'Rui']);

  await rui.send('I am, on another instance.');
  await ana.send('Welcome!');
  for (const person of [ana, rui]) {
    await expect(person.messages).toHaveCount(3);
    await person.seesSent('I am, on another instance.');
    await person.seesSent('Welcome!');
  }
  const order = await ana.texts.allTextContents();
  await rui.seesTexts(order);
});

test('a person who leaves is removed from the list', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const rui = await (await newPerson('Rui', server)).signIn('lobby');
  await seesPeople(ana, ['Ana', 'Rui']);
  await rui.page.getByRole('button', { name: 'Leave lobby' }).click();
  await expect(ana.page.locator('.news')).toHaveText('Rui left');
  await seesPeople(ana, ['Ana']);
});

async function seesPeople(person: Person, names: string[]): Promise<void> {
  await expect(person.page.locator('.people-list .person')).toHaveText(names);
  await expect(person.page.locator('.people-list .you')).toHaveCount(1);
}
