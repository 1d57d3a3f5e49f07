/**
 * Journal admin: kill switches and cases of a journal on which no engine runs, for the operator who clears them.
 *
 * 1. There is no broker: no execution goes on, nothing is sent. Only switches and cases are folded, and only they are written.
 * 2. The rules are the engine's: the same actor decides on a switch (K6), the same rules on a case (M2), and each change is
 *    durable, in the chain, before it counts as done (A4, A5). The next engine finds it (K7).
 * 3. A journal that is not what was written is not written to: it is evidence. Read is the last checkpoint and what stands
 *    after it, as at the start of an engine (E7); all of it is checked by `audit verify`.
 */

import { type Cases, caseRegister } from '../actors/cases.js';
import type { ExecutionHost } from '../actors/execution-host.js';
import type { KillSwitch } from '../actors/kill-switch.js';
import { slicedWalk } from '../actors/sliced-walk.js';
import { type Case, type CaseFact, withCaseFact } from '../domain/cases.js';
import type { JournalRecord } from '../domain/journal.js';
import { type SwitchChange, type SwitchView, withChange } from '../domain/kill-switch.js';
import { requireOptions } from '../domain/option-names.js';
import type { Clock, Journal, Logger } from '../domain/ports.js';
import { FillchartError } from '../domain/reasons.js';
import { show } from '../domain/snapshot.js';
import type { KillSwitchFact } from '../machines/kill-switch.machine.js';
import { executionMap } from '../views/execution-map.js';
import { metrics } from '../views/metrics.js';
import { openOwnRecords, restoreCases, restoreSwitches } from './own-records.js';
import { switchboard } from './switchboard.js';

/** What {@link openJournalAdmin} takes. @public @since 0.1.0 */
export interface JournalAdminOptions {
  readonly journal: Journal;
  readonly clock: Clock;
  /** Gets each audit line that is written; `false` for none. */
  readonly logger: Logger | false;
}

/** Kill switches and cases of one journal, while no engine holds it. @public @since 0.1.0 */
export interface JournalAdmin {
  readonly killSwitch: KillSwitch;
  readonly cases: Cases;
  /** Gives the journal back. May be repeated. */
  close(): Promise<void>;
}

/** @throws {FillchartError} `INVALID_OPTION` */
function requirePart(name: keyof JournalAdminOptions, value: unknown, accepted: string): void {
  if (typeof value === 'object' && value !== null) return;
  const given = value === undefined ? 'missing' : show(value);
  throw new FillchartError('INVALID_OPTION', `${name} of openJournalAdmin is ${given}; accepted is ${accepted}.`);
}

/**
 * Opens the journal, with its lock, and folds switches and cases.
 *
 * @throws what the journal throws when it is not ours to open: held by an engine, or no journal
 * @throws {FillchartError} `JOURNAL_UNAVAILABLE` when it cannot be read, or is not what was written; it is closed then;
 *   `INVALID_OPTION` for options that cannot be taken
 * @public @since 0.1.0
 */
export async function openJournalAdmin(options: JournalAdminOptions): Promise<JournalAdmin> {
  requireOptions('openJournalAdmin', options, ['journal', 'clock', 'logger']);
  requirePart('journal', options.journal, 'a journal such as sqliteJournal({ path })');
  requirePart('clock', options.clock, 'a clock such as systemClock()');
  if (options.logger !== false) requirePart('logger', options.logger, 'a logger, or false for none');
  const { journal, clock, logger } = options;
  const { past, time, recorder } = await openOwnRecords({ journal, clock, logger });
  // Which cases keep advisories from starting is the next engine's policy; none starts here.
  const cases = caseRegister(recorder, time, 'halt-symbol');
  const nobody = { executions: executionMap(), walk: slicedWalk<ExecutionHost>(clock) };
  const { killSwitch } = switchboard({ time, recorder, metrics: metrics(), cases, ...nobody });
  restoreSwitches(past, killSwitch.restore);
  restoreCases(past, cases);
  let isClosed = false;

  return {
    killSwitch: killSwitch.face,
    cases: {
      open: cases.open,
      all: cases.all,
      async resolve(caseId, said) {
        if (isClosed)
          throw new FillchartError('ENGINE_CLOSED', 'This journal admin is closed; open another on the same journal.');
        return cases.resolve(caseId, said);
      },
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      killSwitch.close();
      recorder.close();
      await journal.close();
    },
  };
}

interface AdminView {
  readonly switches: readonly SwitchView[];
  readonly history: readonly SwitchChange[];
  readonly cases: readonly Case[];
  /** Advisories that were begun and have no result: the next engine goes on with them. */
  readonly unfinished: readonly string[];
}

/** What a journal admin would find in these records: reads without a lock, whoever holds the journal. Skips what cannot be folded. */
export function adminView(records: Iterable<JournalRecord>): AdminView {
  let switches: readonly SwitchView[] = [];
  let cases: readonly Case[] = [];
  const history: SwitchChange[] = [];
  const unfinished = new Map<string, string>();

  function fold({ stream, fact, advisoryId = '', snapshotHash = '', audit }: JournalRecord): void {
    if (stream === 'kill-switch') {
      const { change } = fact as unknown as KillSwitchFact;
      switches = withChange(switches, change);
      history.push(change);
    } else if (stream === 'case') cases = withCaseFact(cases, fact as unknown as CaseFact);
    else if (stream === 'execution' && fact.type === 'START')
      unfinished.set(`${snapshotHash} ${advisoryId}`, advisoryId);
    if (audit.some(({ event }) => event === 'execution_result')) unfinished.delete(`${snapshotHash} ${advisoryId}`);
  }

  for (const record of records) {
    try {
      fold(record);
    } catch {
      // Only in a journal that is not what was written, which its verdict says.
    }
  }
  return { switches, history, cases, unfinished: [...unfinished.values()] };
}
