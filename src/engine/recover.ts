/**
 * Going on where the last process stopped (A6): the journal is folded through the charts, and each execution that is
 * not done is told so, under its original deadlines. The chart decides what that means.
 *
 * 1. A fact that cannot be folded costs its own execution, position, switch or case, and nothing else (E2); it is said aloud.
 * 2. The folded result is held against the recorded one: what ended stays ended, and a difference closes the gate (A7).
 * 3. A mismatch whose case was not written down before the end gets its case now (M1).
 * 4. Positions go on where their exits stood; a finished execution that holds a fill and has no position yet gets it (B7).
 */

import type { CaseRegister } from '../actors/cases.js';
import { type EngineTime, readingOf } from '../actors/engine-time.js';
import type { ExecutionHost } from '../actors/execution-host.js';
import type { KillSwitchActor } from '../actors/kill-switch.js';
import { type CaseFact, caseKindOf } from '../domain/cases.js';
import type { JournalRecord } from '../domain/journal.js';
import { cancelsLiveOrders, type DecidingSwitch } from '../domain/kill-switch.js';
import type { Clock } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import type { Recorder } from '../journal/recorder.js';
import { type Difference, refold } from '../journal/refold.js';
import { inputOf, isRegistered } from '../machines/advisory.js';
import type { ExecutionFact, FactOf } from '../machines/execution.facts.js';
import type { ExecutionSnapshot } from '../machines/execution.state.js';
import type { KillSwitchFact } from '../machines/kill-switch.machine.js';
import type { ProtectionFact } from '../machines/protection.facts.js';
import type { Protections } from './protections.js';

export interface RecoveryParts {
  readonly newHost: (input: ReturnType<typeof inputOf>, from: ExecutionSnapshot) => ExecutionHost;
  readonly killSwitch: KillSwitchActor;
  readonly cases: CaseRegister;
  readonly protections: Protections;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly recorder: Pick<Recorder, 'say'>;
  readonly tellSwitch: (host: ExecutionHost, changed: DecidingSwitch) => void;
}

/** Returns why the gate must be closed, naming the first record that does not lead to what was recorded. */
export function recover(records: readonly JournalRecord[], parts: RecoveryParts): string | undefined {
  const lives = new Map<string, JournalRecord[]>();
  const differences: string[] = [];
  const attempt = (what: object, fold: () => void) => {
    try {
      fold();
    } catch (error) {
      parts.recorder.say('error', { ...what, cause: causeOf(error) }, 'a record cannot be folded');
    }
  };
  for (const record of records) {
    const { seq, stream, advisoryId = '', fact } = record;
    attempt({ seq, stream }, () => {
      if (stream === 'kill-switch') parts.killSwitch.restore(fact as unknown as KillSwitchFact);
      else if (stream === 'case') parts.cases.restore(fact as unknown as CaseFact);
      else if (stream === 'protection') parts.protections.restore(advisoryId, fact as unknown as ProtectionFact);
      else if (stream === 'execution') collect(lives, record);
    });
  }
  for (const [advisoryId, life] of lives) {
    attempt({ advisoryId }, () => {
      const difference = resume(life, parts);
      if (difference === undefined) return;
      const { seq, problem } = difference;
      differences.push(`record ${seq} (${advisoryId}) ${problem}`);
      parts.recorder.say('error', { advisoryId, seq, problem }, 'a record does not lead to what was recorded');
    });
  }
  parts.protections.open(attempt);
  const [first] = differences;
  if (first === undefined) return undefined;
  const others = differences.length === 1 ? '' : `, and ${differences.length - 1} more executions differ`;
  return `The journal does not lead to what it says: ${first}${others}`;
}

/**
 * Records by execution. Refusals of what could not be read or named, and of conflicting advisories, have no life. An advisory
 * that was run again, on purpose, was refused before anything left the process: its last run is its life (E1).
 */
function collect(lives: Map<string, JournalRecord[]>, record: JournalRecord): void {
  const { advisoryId = '' } = record;
  const fact = record.fact as unknown as ExecutionFact;
  if (fact.type !== 'START') lives.get(advisoryId)?.push(record);
  else if (isRegistered(fact.advisory)) lives.set(advisoryId, [record]);
}

function resume(
  life: readonly JournalRecord[],
  { newHost, time, clock, killSwitch, tellSwitch, cases }: RecoveryParts,
): Difference | undefined {
  const [first] = life;
  if (first === undefined) return undefined;
  const input = inputOf((first.fact as unknown as FactOf<'START'>).advisory.snapshot);
  const { snapshot, difference } = refold(input, life);
  const host = newHost(input, snapshot);
  host.resume();
  if (host.snapshot.status !== 'active') {
    if (difference === undefined) openForgottenCase(host, cases);
    return difference;
  }
  host.send({ type: 'RECOVERED', at: time(), ...readingOf(clock), intentAt: life.at(-1)?.at ?? first.at });
  // A switch may have been set, and the process have ended before the execution was told.
  for (const known of killSwitch.switches) {
    const { type, state } = known;
    const isUntold = state === 'ACTIVE' && cancelsLiveOrders(type) && !host.context.killSwitch.cancelWanted;
    if (isUntold) tellSwitch(host, known);
  }
  return difference;
}

/** The process may have ended between the verdict and its case. */
function openForgottenCase({ context }: ExecutionHost, cases: CaseRegister): void {
  const { advisoryId, snapshotHash, snapshot, report } = context;
  if (report?.requiresManualResolution !== true) return;
  if (cases.all().some((known) => known.advisoryId === advisoryId)) return;
  const { mismatches } = report;
  void cases.raise({ kind: caseKindOf(report), symbol: snapshot.symbol, advisoryId, snapshotHash, mismatches });
}
