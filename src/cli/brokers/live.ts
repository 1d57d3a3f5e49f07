/**
 * Real money takes two: the config says `"live": true`, and the command line says `--live`.
 *
 * A config alone could be the wrong file, a flag alone could be a habit.
 */
import { UsageError } from '../exit-codes.js';

/** @param configured what the config says @throws {UsageError} unless the two agree */
export function assertAgreed(configured: boolean, flag: boolean, configPath: string | undefined): void {
  if (configured === flag) return;
  if (configured)
    throw new UsageError(
      `${configPath} says "live": true, and --live is not given; real money takes both, and neither trades without it.`,
    );
  const config = configPath === undefined ? 'there is no --config' : `${configPath} does not say "live": true`;
  throw new UsageError(`--live is given, and ${config}; real money takes both, and neither trades without it.`);
}
