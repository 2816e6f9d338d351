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

/** The same for all servers, so that a session is valid after a restart and on every instance. */
const SESSION_KEY = 'only for tests, and long enough to sign with';

export type Settings = Record<string, string>;

/** The files of a deployment: the program, with hash.txt beside it, and the built site. */
export interface Build {
  binary: string;
  site: string;
}

export const BUILD: Build = { binary: BINARY, site: SITE };

/** An instance of the release. Its port and its data folder stay the same after a restart. */
export class Server {
  readonly log: string[] = [];
  private program: Program | undefined;

  private constructor(
    readonly url: string,
    private readonly folder: string,
    private readonly env: Settings,
  ) {}

  static async start(settings: Settings = {}): Promise<Server> {
    if (!existsSync(BINARY)) throw new Error(`${BINARY} does not exist: run script/build first, or set SALA_BIN`);
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

  /** Starts the server, optionally with another build. */
  async restart(build = BUILD): Promise<void> {
    const env = { ...this.env, LEPTOS_SITE_ROOT: build.site };
    this.program = await Program.start(build.binary, [], env, /listening on http:\/\/127\.0\.0\.1:\d+/, this.log);
  }

  /** Kills the server, like a crash: without notice to clients and without a flush. */
  async kill(): Promise<void> {
    await this.program?.end('SIGKILL');
  }

  /** Stops the server in an orderly way, like a deployment. */
  async stop(): Promise<void> {
    await this.program?.end('SIGTERM');
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }
}
