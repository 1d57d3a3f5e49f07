/**
 * The world of a real process.
 *
 * 1. A reader that goes away (`fillchart run … | head`) ends the printing, not the executions.
 */
import { systemClock } from '../adapters/system-clock.js';
import type { CliWorld } from './world.js';

const INTERRUPTS = ['SIGINT', 'SIGTERM'] as const;

export function processWorld(): CliWorld {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', ignoreClosedPipe);
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    clock: systemClock(),
    onInterrupt(listener) {
      for (const signal of INTERRUPTS) process.on(signal, listener);
      return () => {
        for (const signal of INTERRUPTS) process.off(signal, listener);
      };
    },
    onExit(listener) {
      process.once('exit', listener);
      return () => void process.off('exit', listener);
    },
    exit: (code) => process.exit(code),
  };
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}
