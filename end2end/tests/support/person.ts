import { type JSHandle, type Locator, type Page, expect } from '@playwright/test';

/** Somebody with a browser of their own. */
export class Person {
  /** What the browser complained of. */
  readonly consoleErrors: string[] = [];
  readonly messages: Locator;
  /** The texts alone, without author and time. */
  readonly texts: Locator;
  readonly field: Locator;
  readonly banner: Locator;
  readonly notices: Locator;
  /** Questions of the browser to which this person says yes. */
  acceptedDialogs: RegExp | undefined;
  /** How often the server has refused something. */
  refusals = 0;
  private joined: string[] = [];

  constructor(
    readonly page: Page,
    readonly name: string,
    readonly server: { url: string },
  ) {
    this.messages = page.locator('#messages > li');
    this.texts = page.locator('#messages .message-text');
    this.field = page.locator('#msg');
    this.banner = page.locator('.banner');
    this.notices = page.locator('.notices');
    this.observePage();
  }

  /** Signs in by the form, and is in the room once the socket is. */
  async signIn(room: string): Promise<this> {
    await this.page.goto(this.server.url);
    await this.submitSignIn(room);
    await this.hasJoined(room);
    return this;
  }

  async submitSignIn(room: string): Promise<void> {
    await this.page.locator('#name').fill(this.name);
    await this.page.locator('#room').fill(room);
    await this.page.locator('.signin').click();
  }

  /** Has signed in before, and has seen no page yet. */
  async createSession(): Promise<this> {
    const form = { name: this.name };
    const answer = await this.page.request.post(`${this.server.url}/api/sign_in`, { form, maxRedirects: 0 });
    expect(answer.status()).toBe(303);
    return this;
  }

  /** Opens a room by its address. */
  async goToRoom(room: string): Promise<void> {
    await this.page.goto(`${this.server.url}/r/${encodeURIComponent(room)}`);
  }

  async hasJoined(room: string): Promise<void> {
    await expect(this.page.locator('#chatroom h1')).toHaveText(room);
    await expect.poll(() => this.joinCount(room), `${this.name} joins ${room}`).toBeGreaterThan(0);
  }

  /** How often the page was let into the room by a socket since it was loaded. */
  joinCount(room: string): number {
    return this.joined.filter((name) => name === room).length;
  }

  async send(text: string): Promise<void> {
    await this.field.fill(text);
    await this.page.locator('.send').click();
  }

  async openRoom(room: string): Promise<void> {
    await this.page.getByLabel('Open another room').fill(room);
    await this.page.getByRole('button', { name: 'Open', exact: true }).click();
  }

  message(text: string): Locator {
    return this.messages.filter({ has: this.page.getByText(text, { exact: true }) });
  }

  /** Opens the menu of a message and chooses from it. */
  async chooseAction(message: Locator, item: string): Promise<void> {
    await this.openMenu(message);
    await this.page.getByRole('menuitem', { name: item, exact: true }).click();
  }

  async openMenu(message: Locator): Promise<Locator> {
    await message.hover();
    await message.getByRole('button', { name: 'Actions' }).click();
    const menu = this.page.getByRole('menu', { name: 'Actions' });
    await expect(menu).toBeVisible();
    return menu;
  }

  /** The message is at its place in the history: no longer on its way, and not refused. */
  async seesSent(text: string): Promise<void> {
    await expect(this.message(text)).toHaveCount(1);
    await expect(this.message(text)).not.toHaveClass(/pending/);
    await expect(this.message(text).locator('.message-state, .message-failure')).toHaveCount(0);
  }

  async seesTexts(texts: string[], options?: { timeout: number }): Promise<void> {
    await expect(this.texts, `what ${this.name} reads`).toHaveText(texts, options);
  }

  /** What an element says from now on. */
  async recordTexts(selector: string): Promise<JSHandle<string[]>> {
    return this.page.locator(selector).evaluateHandle((element) => {
      const texts: string[] = [];
      const record = () => element.textContent && texts.push(element.textContent);
      new MutationObserver(record).observe(element, { childList: true, characterData: true, subtree: true });
      return texts;
    });
  }

  /** Both read the same, and it is what the server has. */
  async seesSameAs(other: Person): Promise<void> {
    const texts = await this.texts.allTextContents();
    await other.seesTexts(texts);
    await other.page.reload();
    await other.seesTexts(texts);
  }

  private observePage(): void {
    this.page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.consoleErrors.push(message.text());
    });
    this.page.on('pageerror', (error) => this.consoleErrors.push(String(error)));
    this.page.on('dialog', (dialog) => {
      if (this.acceptedDialogs?.test(dialog.message())) return void dialog.accept();
      this.consoleErrors.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    this.page.on('request', (request) => {
      if (request.isNavigationRequest()) this.joined = [];
    });
    this.page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => {
        const frame = JSON.parse(payload.toString()) as { type: string; room?: string };
        if (frame.type === 'joined') this.joined.push(frame.room ?? '');
        if (frame.type === 'refused') this.refusals++;
      });
    });
  }
}
