import type { Command } from 'commander';
import type { CliWorld } from '../world.js';

/** Adds a command to the program. What it comes to is an exit code, or an error: `UsageError` for what was asked wrongly. */
export type AddCommand = (program: Command, world: CliWorld, done: (exitCode: number) => void) => void;
