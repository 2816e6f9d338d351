import { type APIRequestContext, expect, request } from '@playwright/test';

/** A person who posts messages by plain HTTP, like a page without JavaScript. */
export class Bot {
  private sent = 0;

  private constructor(private readonly http: APIRequestContext) {}

  static async signIn(server: { url: string }, name: string): Promise<Bot> {
    const http = await request.newContext({ baseURL: server.url });
    const answer = await http.post('/api/sign_in', { form: { name }, maxRedirects: 0 });
    expect(answer.status(), 'status of the sign-in').toBe(303);
    return new Bot(http);
  }

  async send(room: string, text: string): Promise<void> {
    const form = { room, text, id: `bot-${++this.sent}` };
    const answer = await this.http.post('/api/send_message', { form, maxRedirects: 0 });
    expect(answer.status(), 'status of the post').toBe(303);
  }

  /** Sends a message that may be refused. Returns the HTTP status. */
  async trySend(room: string, text: string): Promise<number> {
    const form = { room, text, id: `bot-${++this.sent}` };
    return (await this.http.post('/api/send_message', { form, maxRedirects: 0 })).status();
  }

  /** Sends the messages one after the other. */
  async sendAll(room: string, texts: string[]): Promise<void> {
    for (const text of texts) await this.send(room, text);
  }

  /** Sends a message and follows the redirect. Returns the HTML of the page. */
  async sendAndFollow(room: string, text: string): Promise<string> {
    const form = { room, text, id: `bot-${++this.sent}` };
    const answer = await this.http.post('/api/send_message', { form });
    expect(answer.status()).toBe(200);
    return answer.text();
  }

  async dispose(): Promise<void> {
    await this.http.dispose();
  }
}

/** "first 1", "first 2" and so on. */
export function numbered(word: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${word} ${index + 1}`);
}
