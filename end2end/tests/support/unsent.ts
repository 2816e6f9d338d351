import type { Person } from './person';

/** Stores an unsent message in the browser and reloads. An older version of the page may have allowed a longer text. */
export async function storeUnsent(person: Person, text: string): Promise<void> {
  await person.page.evaluate((text) => {
    const [, user] = Object.keys(localStorage).flatMap((key) => /^sala\.room\.(.+)\.lobby$/.exec(key) ?? []);
    if (!user) throw new Error('the page has stored no room');
    const message = { room: 'lobby', id: 'stored-before', text, at: Date.now() };
    localStorage.setItem(`sala.outbox.${user}.lobby.stored-before`, JSON.stringify(message));
  }, text);
  await person.page.reload();
}

export const TOO_LONG = 'too long '.repeat(500);
