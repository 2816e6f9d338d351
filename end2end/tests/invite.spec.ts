import type { Locator } from '@playwright/test';
import jsQR from 'jsqr';
import { expect, test } from './support/test';

test('the copied link opens the room for another person', async ({ server, newPerson }) => {
  const permissions = ['clipboard-read', 'clipboard-write'];
  const ana = await (await newPerson('Ana', server, { permissions })).signIn('a b/c?');
  await ana.page.getByRole('button', { name: 'Invite' }).click();
  await ana.page.getByRole('button', { name: 'Copy link' }).click();
  await expect(ana.page.locator('.invitation [role=status]')).toHaveText('The link is copied.');
  const link = await ana.page.evaluate(() => navigator.clipboard.readText());

  const rui = await newPerson('Rui', server);
  await rui.page.goto(link);
  await rui.page.locator('#name').fill('Rui');
  await rui.page.locator('.signin').click();
  await rui.hasJoined('a b/c?');
});

test('the link is shown if the browser does not allow copying', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('lobby');
  await ana.page.evaluate(() => (navigator.clipboard.writeText = () => Promise.reject(new Error('no'))));
  await ana.page.getByRole('button', { name: 'Invite' }).click();
  await ana.page.getByRole('button', { name: 'Copy link' }).click();
  await expect(ana.page.locator('.invitation [role=status]')).toContainText('by hand');
  await expect(ana.page.locator('.invitation a')).toHaveText(`${server.url}/r/lobby`);
});

test('the QR code contains the link', async ({ server, newPerson }) => {
  const ana = await (await newPerson('Ana', server)).signIn('café');
  await ana.page.getByRole('button', { name: 'Invite' }).click();
  const image = ana.page.getByAltText('QR code of the link');
  await expect.poll(() => image.evaluate((image: HTMLImageElement) => image.naturalWidth)).toBeGreaterThan(100);
  expect(await decodeQrCode(image)).toBe(`${server.url}/r/caf%C3%A9`);
});

test('the link is passed to the share dialog of the device', async ({ server, newPerson }) => {
  const ana = await newPerson('Ana', server);
  await ana.page.addInitScript(() => {
    const shared: unknown[] = [];
    Object.assign(navigator, { share: async (what: unknown) => void shared.push(what), shared });
  });
  await ana.signIn('lobby');
  await ana.page.getByRole('button', { name: 'Invite' }).click();
  await ana.page.getByRole('button', { name: 'Share' }).click();
  expect(await ana.page.evaluate(() => (navigator as never as { shared: unknown[] }).shared)).toEqual([
    { url: `${server.url}/r/lobby` },
  ]);
});

test('the QR code requires a session and a valid room', async ({ server, newPerson }) => {
  const ana = await newPerson('Ana', server);
  const statusOf = async (room: string) => {
    const response = await ana.page.request.get(`${server.url}/api/qr.svg?room=${room}`);
    return response.status();
  };
  expect(await statusOf('lobby')).toBe(401);
  await ana.createSession();
  expect(await statusOf('lobby')).toBe(200);
  expect(await statusOf('..')).toBe(200);
  expect(await statusOf('')).toBe(404);
  expect(await statusOf('x'.repeat(65))).toBe(404);
});

/** Decodes the image, like the camera of a phone. */
async function decodeQrCode(image: Locator): Promise<string | undefined> {
  const { pixels, side } = await image.evaluate(async (image: HTMLImageElement) => {
    const side = 400;
    const canvas = Object.assign(document.createElement('canvas'), { width: side, height: side });
    const context = canvas.getContext('2d') as CanvasRenderingContext2D;
    context.drawImage(image, 0, 0, side, side);
    return { pixels: [...context.getImageData(0, 0, side, side).data], side };
  });
  return jsQR(Uint8ClampedArray.from(pixels), side, side)?.data;
}
