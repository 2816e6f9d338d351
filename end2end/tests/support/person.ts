import { type JSHandle, type Locator, type Page, expect } from '@playwright/test';

/** Somebody with a browser of their own. */
export class Person {
  /** What the browser complained of. */
  readonly complaints: string[] = [];
  readonly messages: Locator;
  /** The texts alone, without author and time. */
  readonly texts: Locator;
  readonly field: Locator;
  readonly banner: Locator;
  readonly notices: Locator;
  /** Questions of the browser to which this person says yes. */
  agreesTo: RegExp | undefined;
  /** How often the server has refused something. */
  refused = 0;
  private joined: string[] = [];

  constructor(
    readonly page: Page,
    readonly name: string,
    readonly place: { url: string },
  ) {
    this.messages = page.locator('#messages > li');
    this.texts = page.locator('#messages .message-text');
    this.field = page.locator('#msg');
    this.banner = page.locator('.banner');
    this.notices = page.locator('.notices');
    this.listen();
  }

  /** Signs in by the form, and is in the room once the socket is. */
  async signIn(room: string): Promise<this> {
    await this.page.goto(this.place.url);
    await this.fillIn(room);
    await this.isIn(room);
    return this;
  }

  async fillIn(room: string): Promise<void> {
    await this.page.locator('#name').fill(this.name);
    await this.page.locator('#room').fill(room);
    await this.page.locator('.signin').click();
  }

  /** Has signed in before, and has seen no page yet. */
  async hasSession(): Promise<this> {
    const form = { name: this.name };
    const answer = await this.page.request.post(`${this.place.url}/api/sign_in`, { form, maxRedirects: 0 });
    expect(answer.status()).toBe(303);
    return this;
  }

  /** Opens a room by its address. */
  async goTo(room: string): Promise<void> {
    await this.page.goto(`${this.place.url}/r/${encodeURIComponent(room)}`);
  }

  async isIn(room: string): Promise<void> {
    await expect(this.page.locator('#chatroom h1')).toHaveText(room);
    await expect.poll(() => this.joins(room), `${this.name} joins ${room}`).toBeGreaterThan(0);
  }

  /** How often the page was let into the room by a socket since it was loaded. */
  joins(room: string): number {
    return this.joined.filter((name) => name === room).length;
  }

  async say(text: string): Promise<void> {
    await this.field.fill(text);
    await this.page.locator('.send').click();
  }

  async open(room: string): Promise<void> {
    await this.page.getByLabel('Open another room').fill(room);
    await this.page.getByRole('button', { name: 'Open', exact: true }).click();
  }

  message(text: string): Locator {
    return this.messages.filter({ has: this.page.getByText(text, { exact: true }) });
  }

  /** Opens the menu of a message and chooses from it. */
  async choose(message: Locator, item: string): Promise<void> {
    await this.menuOf(message);
    await this.page.getByRole('menuitem', { name: item, exact: true }).click();
  }

  async menuOf(message: Locator): Promise<Locator> {
    await message.hover();
    await message.getByRole('button', { name: 'Actions' }).click();
    const menu = this.page.getByRole('menu', { name: 'Actions' });
    await expect(menu).toBeVisible();
    return menu;
  }

  /** The message is at its place in the history: no longer on its way, and not refused. */
  async hasSettled(text: string): Promise<void> {
    await expect(this.message(text)).toHaveCount(1);
    await expect(this.message(text)).not.toHaveClass(/pending/);
    await expect(this.message(text).locator('.message-state, .message-failure')).toHaveCount(0);
  }

  async reads(texts: string[], options?: { timeout: number }): Promise<void> {
    await expect(this.texts, `what ${this.name} reads`).toHaveText(texts, options);
  }

  /** What an element says from now on. */
  async record(selector: string): Promise<JSHandle<string[]>> {
    return this.page.locator(selector).evaluateHandle((element) => {
      const said: string[] = [];
      const note = () => element.textContent && said.push(element.textContent);
      new MutationObserver(note).observe(element, { childList: true, characterData: true, subtree: true });
      return said;
    });
  }

  /** Both read the same, and it is what the server has. */
  async agreesWith(other: Person): Promise<void> {
    const texts = await this.texts.allTextContents();
    await other.reads(texts);
    await other.page.reload();
    await other.reads(texts);
  }

  private listen(): void {
    this.page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.complaints.push(message.text());
    });
    this.page.on('pageerror', (error) => this.complaints.push(String(error)));
    this.page.on('dialog', (dialog) => {
      if (this.agreesTo?.test(dialog.message())) return void dialog.accept();
      this.complaints.push(`a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    this.page.on('request', (request) => {
      if (request.isNavigationRequest()) this.joined = [];
    });
    this.page.on('websocket', (socket) => {
      socket.on('framereceived', ({ payload }) => {
        const frame = JSON.parse(payload.toString()) as { type: string; room?: string };
        if (frame.type === 'joined') this.joined.push(frame.room ?? '');
        if (frame.type === 'refused') this.refused++;
      });
    });
  }
}
