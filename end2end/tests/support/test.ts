import { type BrowserContextOptions, test as base, expect } from '@playwright/test';
import { Bot } from './bot';
import { Gateway } from './proxy';
import { Haproxy } from './haproxy';
import { Person } from './person';
import { Redis } from './redis';
import { Server, type Settings } from './server';

type Place = { url: string };

interface Fixtures {
  /** What a browser may complain of in this test; anything else fails it. */
  forgives: RegExp | undefined;
  /** Starts an instance. All are gone at the end of the test. */
  start: (settings?: Settings) => Promise<Server>;
  /** One instance with the embedded backend. */
  server: Server;
  redis: Redis;
  gateway: (server: Place) => Promise<Gateway>;
  haproxy: (instances: Place[]) => Promise<Haproxy>;
  /** Somebody with a browser of their own, who is not signed in yet. */
  invite: (name: string, place: Place, options?: BrowserContextOptions) => Promise<Person>;
  bot: (name: string, place: Place) => Promise<Bot>;
}

/** What Chromium says when a server is away. */
export const CONNECTION_LOST = /WebSocket connection to .* failed/;

/** What Playwright says where a test asked for no service worker. */
const NO_SERVICE_WORKER = 'Service Worker registration blocked by Playwright';

export const test = base.extend<Fixtures>({
  forgives: [undefined, { option: true }],

  start: async ({}, use, testInfo) => {
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

  server: async ({ start }, use) => use(await start()),

  redis: async ({}, use) => {
    const redis = await Redis.start();
    await use(redis);
    await redis.remove();
  },

  gateway: async ({ start: _ }, use) => {
    const gateways: Gateway[] = [];
    await use(async (server) => {
      const gateway = await Gateway.to(server);
      gateways.push(gateway);
      return gateway;
    });
    gateways.forEach((gateway) => gateway.close());
  },

  haproxy: async ({ start: _ }, use) => {
    const started: Haproxy[] = [];
    await use(async (instances) => {
      const haproxy = await Haproxy.start(instances);
      started.push(haproxy);
      return haproxy;
    });
    await Promise.all(started.map((haproxy) => haproxy.remove()));
  },

  // Browsers go before the servers do, so that they have nothing to complain of.
  invite: async ({ browser, forgives, gateway: _, haproxy: __ }, use) => {
    const people: Person[] = [];
    await use(async (name, place, options) => {
      const context = await browser.newContext(options);
      const person = new Person(await context.newPage(), name, place);
      people.push(person);
      return person;
    });
    await Promise.all(people.map((person) => person.page.context().close()));
    for (const { name, complaints } of people) {
      const unforgiven = complaints.filter((complaint) => !forgives?.test(complaint) && complaint !== NO_SERVICE_WORKER);
      expect(unforgiven, `complaints of ${name}'s browser`).toEqual([]);
    }
  },

  bot: async ({}, use) => {
    const bots: Bot[] = [];
    await use(async (name, place) => {
      const bot = await Bot.signIn(place, name);
      bots.push(bot);
      return bot;
    });
    await Promise.all(bots.map((bot) => bot.leave()));
  },
});

export { expect };
