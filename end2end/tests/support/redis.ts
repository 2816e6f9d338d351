import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './port';
import { Program } from './program';

/** A Redis for one test, without persistence. */
export class Redis {
  private constructor(
    readonly url: string,
    private readonly program: Program,
    private readonly folder: string,
  ) {}

  static async start(): Promise<Redis> {
    const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'sala-redis-'))];
    const args = ['--bind', '127.0.0.1', '--port', String(port), '--save', '', '--appendonly', 'no', '--dir', folder];
    const program = await Program.start('redis-server', args, {}, /Ready to accept connections/, []);
    return new Redis(`redis://127.0.0.1:${port}`, program, folder);
  }

  /** Deletes all data, like a restart without persistence. */
  async flush(): Promise<void> {
    const { hostname, port } = new URL(this.url);
    const connection = connect(Number(port), hostname);
    connection.end('FLUSHALL\r\nQUIT\r\n');
    connection.resume();
    await once(connection, 'close');
  }

  async remove(): Promise<void> {
    await this.program.end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }
}
