import { type BrowserContextOptions, test as base, expect } from '@playwright/test';
import { Bot } from './bot';
import { Haproxy } from './haproxy';
import { Person } from './person';
import { TcpProxy } from './proxy';
import { Redis } from './redis';
import { Server, type Settings } from './server';

type Endpoint = { url: string };

interface Fixtures {
  /** Console errors that this test expects. Any other error fails the test. */
  allowedErrors: RegExp | undefined;
  /** Starts an instance, which is removed at the end of the test. */
  startServer: (settings?: Settings) => Promise<Server>;
  /** An instance with the embedded backend. */
  server: Server;
  redis: Redis;
  startProxy: (server: Endpoint) => Promise<TcpProxy>;
  startHaproxy: (instances: Endpoint[]) => Promise<Haproxy>;
  /** Opens a browser profile for a person who is not signed in. */
  newPerson: (name: string, server: Endpoint, options?: BrowserContextOptions) => Promise<Person>;
  bot: (name: string, server: Endpoint) => Promise<Bot>;
}

/** Chromium's console error if the server cannot be reached. */
export const CONNECTION_LOST = /WebSocket connection to .* failed/;

/** Playwright's console warning in tests with `serviceWorkers: 'block'`. */
const NO_SERVICE_WORKER = 'Service Worker registration blocked by Playwright';

export const test = base.extend<Fixtures>({
  allowedErrors: [undefined, { option: true }],

  startServer: async ({}, use, testInfo) => {
    const servers: Server[] = [];
    await use(async (settings) => {
      const server = await Server.start({ SENDS_BURST: '1000', ...settings });
      servers.push(server);
      return server;
    });
    if (testInfo.status !== testInfo.expectedStatus) {
      for (const { url, log } of servers) await testInfo.attach(`log of ${url}`, { body: log.join('\n') });
    }
    await Promise.all(servers.map((server) => server.remove()));
  },

  server: async ({ startServer }, use) => use(await startServer()),

  redis: async ({}, use) => {
    const redis = await Redis.start();
    await use(redis);
    await redis.remove();
  },

  startProxy: async ({ startServer: _ }, use) => {
    const proxies: TcpProxy[] = [];
    await use(async (server) => {
      const proxy = await TcpProxy.start(server);
      proxies.push(proxy);
      return proxy;
    });
    proxies.forEach((proxy) => proxy.close());
  },

  startHaproxy: async ({ startServer: _ }, use) => {
    const started: Haproxy[] = [];
    await use(async (instances) => {
      const haproxy = await Haproxy.start(instances);
      started.push(haproxy);
      return haproxy;
    });
    await Promise.all(started.map((haproxy) => haproxy.remove()));
  },

  // The dependencies close browsers before servers and proxies, so that browsers report no lost connections.
  newPerson: async ({ browser, allowedErrors, startProxy: _, startHaproxy: __ }, use) => {
    const people: Person[] = [];
    await use(async (name, server, options) => {
      const context = await browser.newContext(options);
      const person = new Person(await context.newPage(), name, server);
      people.push(person);
      return person;
    });
    await Promise.all(people.map((person) => person.page.context().close()));
    for (const { name, consoleErrors } of people) {
      const unexpected = consoleErrors.filter((error) => !allowedErrors?.test(error) && error !== NO_SERVICE_WORKER);
      expect(unexpected, `console errors of ${name}'s browser`).toEqual([]);
    }
  },

  bot: async ({}, use) => {
    const bots: Bot[] = [];
    await use(async (name, server) => {
      const bot = await Bot.signIn(server, name);
      bots.push(bot);
      return bot;
    });
    await Promise.all(bots.map((bot) => bot.dispose()));
  },
});

export { expect };
