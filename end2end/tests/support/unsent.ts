import type { Person } from './person';

/** Leaves a message behind that was not sent, as an older version of the page may have, which allowed more. */
export async function storeUnsent(person: Person, text: string): Promise<void> {
  await person.page.evaluate((text) => {
    const [, user] = Object.keys(localStorage).flatMap((key) => /^sala\.room\.(.+)\.lobby$/.exec(key) ?? []);
    if (!user) throw new Error('the page keeps no room');
    const message = { room: 'lobby', id: 'left-behind', text, at: Date.now() };
    localStorage.setItem(`sala.outbox.${user}.lobby.left-behind`, JSON.stringify(message));
  }, text);
  await person.page.reload();
}

export const TOO_LONG = 'too long '.repeat(500);
