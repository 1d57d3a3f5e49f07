/**
 * Where the audit lines go: pino, one JSON object a line, to a file or to standard error. Never to standard output.
 */
import { type DestinationStream, destination, pino } from 'pino';
import type { Logger } from '../../domain/ports.js';
import { UsageError } from '../exit-codes.js';
import { deepRedactor } from '../secrets.js';
import type { CliWorld } from '../world.js';

interface AuditLog {
  readonly logger: Logger | false;
  /** Writes what is left. */
  close(): void;
}

/** @param given a path, `-` for standard error, or nothing. @throws {UsageError} for a file that cannot be written */
export function openAuditLog(given: string | undefined, { stderr, env }: Pick<CliWorld, 'stderr' | 'env'>): AuditLog {
  if (given === undefined) return { logger: false, close: () => undefined };
  const clean = deepRedactor(env);
  // What adapters say is redacted where it is said; this is for whatever else finds its way into a line (A2).
  const options = { name: 'fillchart', formatters: { log: (line: object) => clean(line) as Record<string, unknown> } };
  if (given === '-') {
    const stream: DestinationStream = { write: (line) => void stderr.write(line) };
    return { logger: pino(options, stream), close: () => undefined };
  }
  try {
    const file = destination({ dest: given, sync: true, append: true });
    return { logger: pino(options, file), close: () => file.end() };
  } catch (error) {
    throw new UsageError(
      `--log: ${given} cannot be written: ${error instanceof Error ? error.message : String(error)}.`,
    );
  }
}
