import { type APIRequestContext, expect, request } from '@playwright/test';

/** Somebody who talks by plain HTTP, as the pages do where there is no JavaScript. */
export class Bot {
  private sent = 0;

  private constructor(private readonly http: APIRequestContext) {}

  static async signIn(server: { url: string }, name: string): Promise<Bot> {
    const http = await request.newContext({ baseURL: server.url });
    const answer = await http.post('/api/sign_in', { form: { name }, maxRedirects: 0 });
    expect(answer.status(), 'signing in answers with a redirect').toBe(303);
    return new Bot(http);
  }

  async send(room: string, text: string): Promise<void> {
    const form = { room, text, id: `bot-${++this.sent}` };
    const answer = await this.http.post('/api/send_message', { form, maxRedirects: 0 });
    expect(answer.status(), 'posting answers with a redirect').toBe(303);
  }

  /** Returns the status of the answer. */
  async trySend(room: string, text: string): Promise<number> {
    const form = { room, text, id: `bot-${++this.sent}` };
    return (await this.http.post('/api/send_message', { form, maxRedirects: 0 })).status();
  }

  /** Says them one after the other. */
  async sendAll(room: string, texts: string[]): Promise<void> {
    for (const text of texts) await this.send(room, text);
  }

  /** Says it, and follows the answer to the page that it leads to. */
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
