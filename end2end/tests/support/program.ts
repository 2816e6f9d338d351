import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** A program that a test runs beside the browser. */
export class Program {
  private constructor(
    private readonly child: ChildProcess,
    private readonly exited: Promise<unknown>,
  ) {}

  /** Starts it and waits for the line that says it is ready. All it says goes to `log`. */
  static async start(
    command: string,
    args: string[],
    env: Record<string, string>,
    ready: RegExp,
    log: string[],
  ): Promise<Program> {
    const child = spawn(command, args, { env: { PATH: process.env.PATH, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const program = new Program(child, once(child, 'exit'));
    // A test that is broken off must leave nobody behind.
    const orphan = () => child.kill('SIGKILL');
    process.once('exit', orphan);
    child.once('exit', () => process.off('exit', orphan));
    await new Promise<void>((resolve, reject) => {
      for (const output of [child.stdout, child.stderr]) {
        createInterface({ input: output }).on('line', (line) => {
          log.push(line);
          if (ready.test(line)) resolve();
        });
      }
      child.once('error', reject);
      child.once('exit', (code) => reject(new Error(`${command} ended with ${code}:\n${log.join('\n')}`)));
    });
    return program;
  }

  /** Ends it, and waits until it is gone. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill(signal);
      await this.exited;
    }
  }
}
