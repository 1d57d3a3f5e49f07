/**
 * The console on what a run has left: the same broker, the same journal, on the same clock, until ctrl-c.
 *
 * 1. The run's engine is closed before: a journal has one writer. The console's engine recovers from it like any other.
 * 2. The broker outlives the run's engine: what it holds is still there.
 * 3. What stands in its way (a broker that is away, a journal that cannot be written) is what the console shows.
 * 4. The exit code is the run's; ctrl-c ends the console and changes nothing of it.
 */
import { sqliteJournal } from '../../adapters/journals/sqlite.js';
import type { BrokerAdapter, Clock } from '../../domain/ports.js';
import type { LimitOptions } from '../../domain/risk-limits.js';
import type { Service } from '../../service/index.js';
import { EXIT } from '../exit-codes.js';
import type { CliWorld } from '../world.js';
import type { OpenedJournal } from './journals.js';

interface ConsoleRequest {
  readonly broker: BrokerAdapter;
  readonly limits: LimitOptions | undefined;
  readonly journal: OpenedJournal;
  readonly clock: Clock;
  /** The usual one when absent, or a free one where that is taken. */
  readonly port: number | undefined;
}

const USUAL_PORT = 8_090;

/** The broker, for an engine that ends before the broker does. */
export const outliving = (broker: BrokerAdapter): BrokerAdapter =>
  Object.create(broker, { close: { value: () => Promise.resolve() } }) as BrokerAdapter;

/** Resolves when it was ended. @throws when a port that was asked for is taken */
export async function keepConsole(request: ConsoleRequest, world: CliWorld): Promise<void> {
  const { service, address } = await listening(request);
  const ended = untilInterrupt(service, world);
  world.stdout.write(`\nConsole: ${address}/ (ctrl-c ends it)\n`);
  await ended;
}

async function listening({ broker, limits, journal, clock, port }: ConsoleRequest) {
  const { createService } = await import('../../service/index.js');
  const { path } = journal;
  const serviceAt = (at: number): Service =>
    createService({
      port: at,
      clock,
      logger: false,
      accounts: [
        {
          name: 'paper',
          broker,
          journal: path === undefined ? journal.journal : sqliteJournal({ path }),
          about: 'the broker of the run',
          ...(limits !== undefined && { limits }),
        },
      ],
    });
  const service = serviceAt(port ?? USUAL_PORT);
  try {
    return { service, address: await service.listen() };
  } catch (error) {
    await service.close();
    if (port !== undefined || !isTaken(error)) throw error;
    const free = serviceAt(0);
    return { service: free, address: await free.listen() };
  }
}

const isTaken = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';

/** The first ctrl-c ends the service; the second ends the process at once. */
function untilInterrupt(service: Service, world: CliWorld): Promise<void> {
  let isEnding = false;
  return new Promise((resolve, reject) => {
    const stopListening = world.onInterrupt(() => {
      if (isEnding) {
        world.exit(EXIT.interrupted);
        return;
      }
      isEnding = true;
      service.close({ drainMs: 0 }).then(() => {
        stopListening();
        resolve();
      }, reject);
    });
  });
}
