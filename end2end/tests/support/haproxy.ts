import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from './port';
import { Program } from './program';

/** A real load balancer. It checks the readiness of each instance and retries a refused connection on another one. */
export class Haproxy {
  private constructor(
    readonly url: string,
    private readonly program: Program,
    private readonly folder: string,
  ) {}

  static async start(instances: { url: string }[]): Promise<Haproxy> {
    const [port, folder] = [await freePort(), await mkdtemp(join(tmpdir(), 'sala-haproxy-'))];
    const file = join(folder, 'haproxy.cfg');
    await writeFile(file, configuration(port, statisticsIn(folder), instances));
    // HAProxy logs no line when it listens, but its first health check follows that.
    const program = await Program.start('haproxy', ['-db', '-f', file], {}, /Health check for server .* succeeded/, []);
    return new Haproxy(`http://127.0.0.1:${port}`, program, folder);
  }

  /** Number of open WebSockets per instance. */
  async sockets(): Promise<number[]> {
    return (await this.statistics()).map(({ scur }) => Number(scur));
  }

  /** State of each instance according to HAProxy: `UP` or `DOWN`. */
  async health(): Promise<string[]> {
    return (await this.statistics()).map(({ status }) => status ?? '');
  }

  async remove(): Promise<void> {
    await this.program.end('SIGKILL');
    await rm(this.folder, { recursive: true, force: true });
  }

  /** Statistics of the backend `sockets`, one record per instance, keyed by HAProxy's column names. */
  private async statistics(): Promise<Record<string, string>[]> {
    const connection = connect(statisticsIn(this.folder)).setEncoding('utf8');
    let text = '';
    connection.on('data', (part: string) => (text += part));
    connection.write('show stat\n');
    await once(connection, 'end');
    const [columns = [], ...rows] = text.replace('# ', '').trim().split('\n').map((line) => line.split(','));
    const named = rows.map((row) => Object.fromEntries(columns.map((column, index) => [column, row[index] ?? ''])));
    return named.filter(({ pxname, svname }) => pxname === 'sockets' && svname !== 'BACKEND');
  }
}

function statisticsIn(folder: string): string {
  return join(folder, 'statistics');
}

/**
 * Sockets are long-lived and go to the instance with the fewest of them. Pages have a backend of their own, so that
 * they do not affect that count.
 */
function configuration(port: number, statistics: string, instances: { url: string }[]): string {
  const servers = (options: (name: string) => string) =>
    instances.map(({ url }, index) => `  server instance${index} ${new URL(url).host} ${options(`instance${index}`)}`);
  return [
    'global',
    '  log stdout format raw daemon',
    `  stats socket ${statistics} level user`,
    'defaults',
    '  mode http',
    '  log global',
    '  option log-health-checks',
    '  timeout connect 1s',
    '  timeout client 1h',
    '  timeout server 1h',
    '  timeout tunnel 1h',
    '  retries 3',
    '  option redispatch 1',
    'frontend sala',
    `  bind 127.0.0.1:${port}`,
    '  use_backend sockets if { path /ws }',
    '  default_backend pages',
    'backend sockets',
    '  balance leastconn',
    '  option httpchk GET /health/ready',
    ...servers(() => 'check inter 300ms fall 1 rise 1'),
    'backend pages',
    '  balance roundrobin',
    ...servers((name) => `track sockets/${name}`),
    '',
  ].join('\n');
}
