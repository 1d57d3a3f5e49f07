/**
 * A service in a process that is going to be killed. Its one argument is a {@link ServiceRun} as JSON.
 */
import { sqliteJournal } from '../../../src/adapters/journals/sqlite.js';
import { createService } from '../../../src/service/service.js';
import { remoteBroker } from '../../crash/remote-broker.js';
import { runClock } from '../../crash/run-clock.js';

export interface ServiceRun {
  readonly journal: string;
  /** Of the broker. */
  readonly socket: string;
  readonly port: number;
  readonly speed: number;
  /** Wall time at the start, epoch ms. */
  readonly startWall: number;
}

/** Slower than the default: at this speed polls would be most of the work. */
const POLL_MS = 400;

const { journal, socket, port, speed, startWall } = JSON.parse(process.argv[2] ?? '{}') as ServiceRun;
const service = createService({
  accounts: [
    {
      name: 'remote',
      broker: remoteBroker(socket, () => undefined),
      journal: sqliteJournal({ path: journal }),
      engine: { onMismatch: 'report-only', pollIntervalMs: POLL_MS },
    },
  ],
  port,
  clock: runClock(speed, startWall),
  logger: false,
});
await service.listen();
process.on('SIGTERM', () => void service.close({ drainMs: 40_000 }).then(() => process.exit(0)));
