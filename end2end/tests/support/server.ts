import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from './port';
import { Program } from './program';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));
const BINARY = resolve(process.env.SALA_BIN ?? join(PROJECT, 'target/release/server'));
const SITE = resolve(process.env.SALA_SITE ?? join(PROJECT, 'target/site'));

/** Of all servers, so that a session outlives a restart and is known to every instance. */
const SESSION_KEY = 'only for tests, and long enough to sign with';

export type Settings = Record<string, string>;

/** What a deployment brings: the program, with hash.txt beside it, and the built files. */
export interface Build {
  binary: string;
  site: string;
}

export const BUILD: Build = { binary: BINARY, site: SITE };

/** An instance of Sala: the release, on a port and with a data folder that it keeps over restarts. */
export class Server {
  readonly log: string[] = [];
  private program: Program | undefined;

  private constructor(
    readonly url: string,
    private readonly folder: string,
    private readonly env: Settings,
  ) {}

  static async start(settings: Settings = {}): Promise<Server> {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} is not there: run script/build first, or set SALA_BIN`);
    const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'sala-'))];
    const env = {
      HOST: '127.0.0.1',
      PORT: String(port),
      DATA_DIR: folder,
      SESSION_KEY,
      RUST_LOG: 'info',
      LOG_FORMAT: 'text',
      ...settings,
    };
    const server = new Server(`http://127.0.0.1:${port}`, folder, env);
    await server.restart();
    return server;
  }

  /** With another build, if one is named. */
  async restart(build = BUILD): Promise<void> {
    this.program = await Program.start(build.binary, [], { ...this.env, LEPTOS_SITE_ROOT: build.site }, /listening on http:\/\/127\.0\.0\.1:\d+/, this.log);
  }

  /** As a crash does: at once, with nothing said and nothing flushed. */
  async kill(): Promise<void> {
    await this.program?.end('SIGKILL');
  }

  /** As a deployment does. */
  async stop(): Promise<void> {
    await this.program?.end('SIGTERM');
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
