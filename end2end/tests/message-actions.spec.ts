import { expect, test } from './support/test';

for (const backend of ['embedded', 'Redis'] as const) {
  test(`people edit, delete, reply and react: ${backend}`, async ({ redis, startServer, newPerson }) => {
    const server = await startServer(backend === 'Redis' ? { REDIS_URL: redis.url } : {});
    const ana = await (await newPerson('Ana', server)).signIn('lobby');
    const rui = await (await newPerson('Rui', server)).signIn('lobby');
    await ana.send('first');
    await rui.send('second');
    await ana.seesTexts(['first', 'second']);
    await rui.seesTexts(['first', 'second']);

    await ana.chooseAction(ana.message('first'), 'Edit');
    await expect(ana.page.locator('.about')).toContainText('Editing your message');
    await expect(ana.field).toHaveValue('first');
    await expect(ana.field).toBeFocused();
    await ana.field.press('Enter');
    await expect(ana.page.locator('.about'), 'an unchanged edit is discarded').toBeHidden();
    await expect(ana.field).toHaveValue('');
    await ana.chooseAction(ana.message('first'), 'Edit');
    await ana.send('first, edited');
    for (const person of [ana, rui]) {
      await expect(person.message('first, edited')).toContainText('(edited)');
    }
    await expect(ana.page.locator('.about')).toBeHidden();

    await rui.chooseAction(rui.message('first, edited'), 'Reply');
    await expect(rui.page.locator('.about')).toContainText('Replying to Ana');
    await rui.send('an answer');
    await expect(ana.texts.last()).toContainText('Ana first, edited');
    await expect(ana.texts.last()).toContainText('an answer');

    await rui.chooseAction(rui.messages.first(), '👍');
    const ofAna = ana.messages.first().locator('.reaction');
    await expect(ofAna).toHaveText('👍1');
    await expect(ofAna).toHaveAttribute('title', 'Rui');
    await expect((await ana.openMenu(ana.messages.first())).locator('.menu-reactions')).toHaveText('👍 Rui');
    await ana.page.keyboard.press('Escape');
    await ofAna.click();
    await expect(rui.messages.first().locator('.reaction')).toHaveText('👍2');
    await expect(ofAna).toHaveAttribute('aria-pressed', 'true');
    await ofAna.click();
    await expect(rui.messages.first().locator('.reaction')).toHaveText('👍1');

    const menu = await rui.openMenu(rui.message('second'));
    await menu.getByRole('menuitem', { name: 'Delete' }).click();
    await expect(rui.texts.nth(1), 'deletion asks for confirmation').toHaveText('second');
    await menu.getByRole('menuitem', { name: 'Delete it for everybody?' }).click();
    for (const person of [ana, rui]) {
      await expect(person.messages.nth(1)).toContainText('This message was deleted.');
      await expect(person.texts.nth(1)).toHaveText('');
    }

    for (const person of [ana, rui]) {
      await person.page.reload();
      await person.hasJoined('lobby');
      await expect(person.texts.first()).toHaveText('first, edited');
      await expect(person.messages.first()).toContainText('(edited)');
      await expect(person.messages.first().locator('.reaction')).toHaveText('👍1');
      await expect(person.messages.nth(1)).toContainText('This message was deleted.');
      await expect(person.texts.last()).toContainText('Ana first, edited');
    }
  });
}

test('a person cannot edit or delete messages of others', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const rui = await (await newPerson('Rui', server)).signIn('lobby');
  await ana.send('mine');
  const menu = await rui.openMenu(rui.message('mine'));
  await expect(menu.getByRole('menuitem', { name: 'Reply' })).toBeVisible();
  await expect(menu.getByRole('menuitem', { name: 'Edit' })).toBeHidden();
  await expect(menu.getByRole('menuitem', { name: 'Delete' })).toBeHidden();
});

test('an edit of a message that was deleted meanwhile is refused and marked as failed', async ({
  server,
  newPerson,
}) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.send('soon gone');
  await ana.seesSent('soon gone');
  const page = await ana.page.context().newPage();
  await page.goto(`${server.url}/r/lobby`);
  await ana.chooseAction(ana.message('soon gone'), 'Edit');
  await page.locator('#messages > li').hover();
  await page.getByRole('button', { name: 'Actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('menuitem', { name: 'Delete it for everybody?' }).click();
  await expect(ana.messages.first()).toContainText('This message was deleted.');
  await ana.send('too late');
  await expect(ana.messages.first()).toContainText('Not sent.');
  await ana.messages.first().getByRole('button', { name: 'Discard' }).click();
  await expect(ana.page.locator('.message-failure')).toHaveCount(0);
  await page.close();
});

test('ArrowUp edits the last message, Escape cancels, and the arrow keys move between messages', async ({
  server,
  newPerson,
  bot,
}) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  const { keyboard } = ana.page;
  for (const text of ['one', 'two']) await ana.send(text);
  await ana.seesSent('two');
  await (await bot('Rui', server)).send('lobby', 'three');
  await ana.seesTexts(['one', 'two', 'three']);

  await ana.field.press('ArrowUp');
  await expect(ana.field).toHaveValue('two');
  await keyboard.press('Escape');
  await expect(ana.field).toHaveValue('');
  await ana.field.press('ArrowUp');
  await expect(ana.field).toHaveValue('two');
  await ana.field.fill('two, edited');
  await keyboard.press('Enter');
  await ana.seesTexts(['one', 'two, edited', 'three']);

  await keyboard.press('Shift+Tab');
  await expect(ana.messages.last().getByRole('button', { name: 'Actions' })).toBeFocused();
  await keyboard.press('ArrowUp');
  await expect(ana.messages.nth(1)).toBeFocused();
  await keyboard.press('ArrowUp');
  await keyboard.press('Enter');
  await expect(ana.page.getByRole('menu')).toBeVisible();
  await keyboard.press('ArrowDown');
  await keyboard.press('Enter');
  await expect(ana.messages.first().locator('.reaction')).toHaveText('❤️1');
});

test('an edit does not discard the draft', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.send('said');
  await ana.seesSent('said');
  await ana.field.fill('half a thought');
  await ana.chooseAction(ana.message('said'), 'Edit');
  await expect(ana.field).toHaveValue('said');
  await ana.page.getByRole('button', { name: 'Cancel' }).click();
  await expect(ana.field).toHaveValue('half a thought');
  await ana.chooseAction(ana.message('said'), 'Edit');
  await ana.send('said, edited');
  await ana.seesTexts(['said, edited']);
  await expect(ana.field).toHaveValue('half a thought');

  await ana.chooseAction(ana.messages.first(), 'Edit');
  await ana.field.fill('said, and edited once more');
  await ana.chooseAction(ana.messages.first(), 'Reply');
  await expect(ana.field, 'the edit is cancelled').toHaveValue('half a thought');
  await ana.chooseAction(ana.messages.first(), 'Edit');
  await ana.field.fill('said, and edited once more');
  await ana.page.reload();
  await ana.hasJoined('lobby');
  await expect(ana.field).toHaveValue('half a thought');
});

test('an unfinished edit is restored on return to its room', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.send('said');
  await ana.seesSent('said');
  await ana.chooseAction(ana.message('said'), 'Edit');
  await ana.field.fill('half edited');
  await ana.openRoom('kitchen');
  await ana.hasJoined('kitchen');
  await expect(ana.page.locator('.about')).toBeHidden();
  await expect(ana.field).toHaveValue('');
  await ana.page.locator('.room-link a', { hasText: 'lobby' }).click();
  await expect(ana.page.locator('.about')).toContainText('Editing your message');
  await expect(ana.field).toHaveValue('half edited');
  await ana.field.press('Enter');
  await ana.seesTexts(['half edited']);
});

test('a popup is closed when the room changes', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.openRoom('kitchen');
  await ana.hasJoined('kitchen');
  await ana.send('said');
  await ana.seesSent('said');
  await ana.page.getByRole('button', { name: 'Emoji', exact: true }).click();
  await expect(ana.page.getByRole('dialog', { name: 'Emoji' })).toBeVisible();
  await ana.page.goBack();
  await expect(ana.page.locator('#chatroom h1')).toHaveText('lobby');
  await expect(ana.page.getByRole('dialog', { name: 'Emoji' })).toBeHidden();
});

test('many reactions scroll inside their message', async ({ startServer, newPerson }) => {
  const server = await startServer({ SENDS_BURST: '1000', SENDS_PER_SECOND: '1000' });
  const ana = await (await newPerson('Ana', server, { viewport: { width: 360, height: 740 } })).signIn('lobby');
  await ana.send('react to this');
  await ana.seesSent('react to this');
  const reacted = await ana.page.evaluate(async () => {
    const emoji = Array.from({ length: 500 }, (_, index) => String.fromCodePoint(0x1f300 + index));
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/ws`, 'sala.v1');
    const answers: string[] = [];
    await new Promise<void>((done) => {
      socket.onmessage = ({ data }) => {
        const frame = JSON.parse(data) as { type: string };
        if (frame.type === 'welcome') socket.send(JSON.stringify({ type: 'join', room: 'lobby' }));
        if (frame.type === 'joined') {
          for (const [index, one] of emoji.entries()) {
            const frame = { type: 'react', room: 'lobby', id: `many-${index}`, target: 1, emoji: one, on: true };
            socket.send(JSON.stringify(frame));
          }
        }
        if (frame.type === 'sent' || frame.type === 'refused') answers.push(frame.type);
        if (answers.length === emoji.length) done();
      };
    });
    socket.close();
    return answers.filter((answer) => answer === 'sent').length;
  });
  expect(reacted).toBeGreaterThan(100);
  await expect(ana.page.locator('.reaction')).toHaveCount(reacted);
  const { height } = (await ana.messages.first().boundingBox()) ?? { height: 0 };
  expect(height).toBeLessThan(300);
  expect(await ana.page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
});
