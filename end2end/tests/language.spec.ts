import { expect, test } from './support/test';

test.describe('without JavaScript', () => {
  test.use({ allowedErrors: /status of 422|was preloaded using link preload but not used/ });

  test('pages are in the language of the browser', async ({ server, newPerson, bot }) => {
    const rui = await bot('Rui', server);
    await rui.send('sala', 'oi');
    const ana = await newPerson('Ana', server, { locale: 'pt-BR', javaScriptEnabled: false });
    await ana.page.goto(server.url);
    await expect(ana.page.locator('h1')).toHaveText('Uma sala para conversar.');
    await ana.submitSignIn('sala');
    await expect(ana.page.locator('html')).toHaveAttribute('lang', 'pt-BR');
    await expect(ana.field).toHaveAttribute('placeholder', 'Escreva uma mensagem');
    await ana.send('  ');
    await expect(ana.page.getByRole('alert')).toHaveText('Esta mensagem está vazia.');
  });
});

test('texts that the browser renders are in the language of the page', async ({ server, newPerson, bot }) => {
  const rui = await bot('Rui', server);
  await rui.send('sala', 'oi');
  const ana = await newPerson('Ana', server, { locale: 'pt-PT' });
  await ana.signIn('sala');
  await expect(ana.field).toHaveAttribute('placeholder', 'Escreva uma mensagem');
  await ana.send('olá');
  await ana.seesSent('olá');
  const date = /^\d{1,2} de [a-z]{3}\. de 20\d\d, \d\d:\d\d$/;
  await expect(ana.message('oi').locator('time')).toHaveAttribute('title', date);

  await ana.page.getByLabel('Abrir outra sala').fill('outra');
  await ana.page.getByRole('button', { name: 'Abrir', exact: true }).click();
  await ana.hasJoined('outra');
  await expect(ana.page.locator('.timeline-empty')).toHaveText('Ainda não há mensagens. Diga oi.');
  await rui.send('sala', 'um');
  const unread = ana.page.locator('.unread .hidden');
  await expect(unread).toHaveText('1 mensagem nova');
  await rui.send('sala', 'dois');
  await expect(unread).toHaveText('2 mensagens novas');

  const zoe = await newPerson('Zoe', server);
  await zoe.signIn('outra');
  await expect(ana.page.locator('.news')).toHaveText('Zoe entrou');
  await zoe.field.pressSequentially('hi');
  await expect(ana.page.locator('.typing')).toHaveText('Zoe está escrevendo…');
});

test('a chosen language applies to all pages and persists', async ({ server, newPerson }) => {
  const ana = await newPerson('Ana', server, { locale: 'pt-BR' });
  await ana.page.goto(server.url);
  await ana.page.getByRole('button', { name: 'Idioma e tema' }).click();
  await ana.page.getByLabel('Idioma', { exact: true }).selectOption('Español');
  await ana.page.getByRole('button', { name: 'Salvar' }).click();
  await expect(ana.page.locator('h1')).toHaveText('Una sala para conversar.');
  await ana.submitSignIn('sala');
  await ana.hasJoined('sala');
  await ana.page.reload();
  await ana.hasJoined('sala');
  await expect(ana.page.locator('html')).toHaveAttribute('lang', 'es');
  await expect(ana.field).toHaveAttribute('placeholder', 'Escribe un mensaje');

  await ana.page.getByRole('button', { name: 'Ajustes' }).click();
  await ana.page.getByLabel('Idioma', { exact: true }).selectOption('Automático');
  await ana.page.getByRole('button', { name: 'Guardar' }).click();
  await expect(ana.page.locator('html'), 'the language of the browser').toHaveAttribute('lang', 'pt-BR');
});
