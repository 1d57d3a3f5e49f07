/**
 * Kill switches with the defaults of the engine: a journal in memory, the system clock, pino on standard error.
 */
import { pino } from 'pino';
import { memoryJournal } from './adapters/journals/memory.js';
import { systemClock } from './adapters/system-clock.js';
import { refuseUnknown } from './domain/option-names.js';
import { type KillSwitchOptions, openKillSwitch, type SharedKillSwitch } from './engine/shared-switch.js';

const STANDARD_ERROR = 2;

/**
 * Kill switches that need no engine, and that several engines can share: pass them as `killSwitch` to `createEngine` (K10).
 *
 * @throws when another process holds the journal
 * @throws {FillchartError} `INVALID_OPTION` (as a rejection) for an option that is not known
 * @public @since 0.1.0
 */
export async function createKillSwitch(options?: KillSwitchOptions): Promise<SharedKillSwitch> {
  refuseUnknown('createKillSwitch', options, ['journal', 'clock', 'logger']);
  return openKillSwitch({
    ...options,
    journal: options?.journal ?? memoryJournal(),
    clock: options?.clock ?? systemClock(),
    logger: options?.logger ?? pino({ name: 'fillchart' }, pino.destination(STANDARD_ERROR)),
  });
}
