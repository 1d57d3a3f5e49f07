/**
 * One command of the command line, run in this process.
 */
import { Command } from 'commander';
import { systemClock } from 'fillchart/adapters';
import type { AddCommand } from '../../src/cli/commands/command.js';
import type { CliWorld } from '../../src/cli/world.js';

export async function runCommand(add: AddCommand, ...args: readonly string[]) {
  const text = { out: '', err: '' };
  const world = {
    stdout: { write: (part: string) => (text.out += part) },
    stderr: { write: (part: string) => (text.err += part) },
    clock: systemClock(),
    exit: () => undefined,
  } as unknown as CliWorld;
  const program = new Command('fillchart').exitOverride();
  let code = -1;
  add(program, world, (exitCode) => {
    code = exitCode;
  });
  await program.parseAsync(args, { from: 'user' });
  return { code, ...text };
}
