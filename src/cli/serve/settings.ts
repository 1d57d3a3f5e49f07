/**
 * What `fillchart serve` serves: from its config, or from nothing.
 */
import { memoryJournal } from '../../adapters/journals/memory.js';
import { sqliteJournal } from '../../adapters/journals/sqlite.js';
import type { Journal } from '../../domain/ports.js';
import type { ServiceOptions } from '../../service/index.js';
import type { ServeOptions } from '../commands/serve.js';
import { UsageError } from '../exit-codes.js';
import type { CliWorld } from '../world.js';
import { openMarket } from './open-market.js';

export interface ServeSettings {
  readonly service: ServiceOptions;
  readonly drainMs: number;
  /** Said loudly before anything is opened, where real money is at stake. */
  readonly stakes: readonly string[];
}

const DEFAULT_PORT = 8_090;
/** The longest life of an execution is 47 s; most end well within this. */
const DEFAULT_DRAIN_MS = 45_000;

/** @throws {UsageError} naming the option or the file, the value and what is accepted */
export async function serveSettings(options: ServeOptions, world: CliWorld): Promise<ServeSettings> {
  const { config, host, port, basePath, drain, journal } = options;
  if (config !== undefined) throw new UsageError('--config is not known yet.');
  if (options.live === true) throw new UsageError('--live is for a config with accounts of real money.');
  const market = openMarket(world.clock);
  return {
    drainMs: drain ?? DEFAULT_DRAIN_MS,
    stakes: [],
    service: {
      accounts: [
        {
          name: 'paper',
          broker: market.broker,
          journal: journalAt(journal ?? 'memory'),
          about: 'paper account, fills at the reference price',
          onAdvisory: market.learn,
        },
      ],
      port: port ?? DEFAULT_PORT,
      ...(host !== undefined && { host }),
      ...(basePath !== undefined && { basePath }),
      clock: world.clock,
    },
  };
}

export function journalAt(where: string): Journal {
  if (where === 'memory') return memoryJournal();
  try {
    return sqliteJournal({ path: where });
  } catch (error) {
    if (error instanceof RangeError) throw new UsageError(`--journal: ${error.message}.`);
    throw error;
  }
}
