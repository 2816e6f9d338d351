import { type JSHandle, type Locator, type Page, expect } from '@playwright/test';

/** A person with a browser profile of their own. */
export class Person {
  /** Errors and warnings of the console, uncaught exceptions, and unexpected dialogs. */
  readonly consoleErrors: string[] = [];
  readonly messages: Locator;
  /** The texts of the messages, without author and time. */
  readonly texts: Locator;
  readonly field: Locator;
  readonly banner: Locator;
  readonly notices: Locator;
  /** Dialogs with a matching text are accepted. All others are dismissed. */
  acceptedDialogs: RegExp | undefined;
  /** Number of received `refused` frames. */
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

  /** Signs in by the form and waits until the room is joined. */
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

  /** Creates a session without loading a page. */
  async createSession(): Promise<this> {
    const form = { name: this.name };
    const answer = await this.page.request.post(`${this.server.url}/api/sign_in`, { form, maxRedirects: 0 });
    expect(answer.status()).toBe(303);
    return this;
  }

  /** Loads the page of a room. */
  async goToRoom(room: string): Promise<void> {
    await this.page.goto(`${this.server.url}/r/${encodeURIComponent(room)}`);
  }

  async hasJoined(room: string): Promise<void> {
    await expect(this.page.locator('#chatroom h1')).toHaveText(room);
    await expect.poll(() => this.joinCount(room), `${this.name} joins ${room}`).toBeGreaterThan(0);
  }

  /** Number of `joined` frames for the room since the page was loaded. */
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

  /** Opens the menu of a message and clicks an item. */
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

  /** The message is shown once, and is neither pending nor failed. */
  async seesSent(text: string): Promise<void> {
    await expect(this.message(text)).toHaveCount(1);
    await expect(this.message(text)).not.toHaveClass(/pending/);
    await expect(this.message(text).locator('.message-state, .message-failure')).toHaveCount(0);
  }

  async seesTexts(texts: string[], options?: { timeout: number }): Promise<void> {
    await expect(this.texts, `texts on the page of ${this.name}`).toHaveText(texts, options);
  }

  /** Records each text that an element has from now on. */
  async recordTexts(selector: string): Promise<JSHandle<string[]>> {
    return this.page.locator(selector).evaluateHandle((element) => {
      const texts: string[] = [];
      const record = () => element.textContent && texts.push(element.textContent);
      new MutationObserver(record).observe(element, { childList: true, characterData: true, subtree: true });
      return texts;
    });
  }

  /** Both pages have the same texts, and so has the other page after a reload. */
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
      this.consoleErrors.push(`dialog: ${dialog.message()}`);
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
