/**
 * The world of a real process.
 *
 * 1. A reader that goes away (`fillchart run … | head`) ends the printing, not the executions.
 * 2. Whoever has listened to ctrl-c once is never ended by one behind his back: from then on the exit code is what was said.
 */
import { systemClock } from '../adapters/system-clock.js';
import { invocation } from './program.js';
import type { CliWorld } from './world.js';

const INTERRUPTS = ['SIGINT', 'SIGTERM'] as const;

export interface ProcessWorld extends CliWorld {
  /** Ends the process with the code that `process.exitCode` holds, at once if it was interrupted, else when nothing is left. */
  end(): void;
}

export function processWorld(): ProcessWorld {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  let isInterrupted = false;
  const { env, execPath } = process;
  return {
    ...invocation({ main: process.argv[1] ?? 'fillchart', cwd: process.cwd(), env, execPath }),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    clock: systemClock(),
    onInterrupt(listener) {
      let isListening = true;
      const heard = (): void => {
        isInterrupted = true;
        if (isListening) listener();
        else process.exit();
      };
      // Never taken off again: without a listener Node would end the process by the signal.
      for (const signal of INTERRUPTS) process.on(signal, heard);
      return () => {
        isListening = false;
      };
    },
    onExit(listener) {
      process.once('exit', listener);
      return () => void process.off('exit', listener);
    },
    exit: (code) => process.exit(code),
    end() {
      // Node takes its listeners off before it is gone: a ctrl-c in these milliseconds would change the exit code.
      if (isInterrupted) process.stdout.write('', () => process.stderr.write('', () => process.exit()));
    },
  };
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
