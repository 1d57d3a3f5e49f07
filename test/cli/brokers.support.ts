/** A command line in this process that trades over the real network of this machine: the system clock, and a time limit. */
import { systemClock } from 'fillchart/adapters';
import { runCli } from '../../src/cli/cli.js';
import type { Environment } from '../../src/cli/world.js';

interface Typed {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `fillchart …args` to its end. */
export async function typed(args: readonly string[], env: Environment = {}): Promise<Typed> {
  const written = { stdout: '', stderr: '' };
  const sink = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const exitCode = await runCli(args, {
    stdin: (async function* () {})(),
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    env,
    clock: systemClock(),
    onInterrupt: () => () => undefined,
    onExit: () => () => undefined,
    exit: () => undefined,
  });
  return { exitCode, ...written };
}
