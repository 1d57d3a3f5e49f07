/**
 * Going on where the last process stopped (A6): the journal is folded through the charts, and each execution that is
 * not done is told so, under its original deadlines. The chart decides what that means.
 *
 * 1. A fact that cannot be folded costs its own execution, switch or case, and nothing else (E2); it is said aloud. Such a
 *    journal does not verify, so its gate is closed.
 * 2. A mismatch whose case was not written down before the end gets its case now (M1).
 */
import { causeOf } from '../actors/calls.js';
import { type EngineTime, readingOf } from '../actors/engine-time.js';
import type { KillSwitchActor } from '../actors/kill-switch.js';
import { type CaseFact, caseKindOf } from '../domain/cases.js';
import type { JournalRecord } from '../domain/journal.js';
import { cancelsLiveOrders, type SwitchView } from '../domain/kill-switch.js';
import type { Clock } from '../domain/ports.js';
import type { ExecutionFact } from '../machines/execution.facts.js';
import type { KillSwitchFact } from '../machines/kill-switch.machine.js';
import { inputOf, isRegistered } from './advisory.js';
import type { CaseBook } from './cases.js';
import type { ExecutionHost } from './execution-host.js';
import type { Recorder } from './recorder.js';

export interface RecoveryParts {
  readonly newHost: (input: ReturnType<typeof inputOf>) => ExecutionHost;
  readonly killSwitch: KillSwitchActor;
  readonly cases: CaseBook;
  readonly time: EngineTime;
  readonly clock: Clock;
  readonly recorder: Pick<Recorder, 'say'>;
  readonly tellSwitch: (host: ExecutionHost, change: Pick<SwitchView, 'type' | 'target' | 'state'>) => void;
}

export function recover(records: readonly JournalRecord[], parts: RecoveryParts): void {
  const lives = new Map<string, ExecutionFact[]>();
  const attempt = (what: object, fold: () => void) => {
    try {
      fold();
    } catch (error) {
      parts.recorder.say('error', { ...what, cause: causeOf(error) }, 'a record cannot be folded');
    }
  };
  for (const { seq, stream, advisoryId = '', fact } of records) {
    attempt({ seq, stream }, () => {
      if (stream === 'kill-switch') parts.killSwitch.restore(fact as unknown as KillSwitchFact);
      else if (stream === 'case') parts.cases.restore(fact as unknown as CaseFact);
      else if (stream === 'execution') collect(lives, advisoryId, fact as unknown as ExecutionFact);
    });
  }
  for (const [advisoryId, facts] of lives) attempt({ advisoryId }, () => resume(facts, parts));
}

/**
 * Facts by execution. Refusals of what could not be read or named, and of conflicting advisories, have no life. An advisory
 * that was run again, on purpose, was refused before anything left the process: its last run is its life (E1).
 */
function collect(lives: Map<string, ExecutionFact[]>, advisoryId: string, fact: ExecutionFact): void {
  if (fact.type !== 'START') lives.get(advisoryId)?.push(fact);
  else if (isRegistered(fact.advisory)) lives.set(advisoryId, [fact]);
}

function resume(
  facts: readonly ExecutionFact[],
  { newHost, time, clock, killSwitch, tellSwitch, cases }: RecoveryParts,
): void {
  const [first] = facts;
  if (first?.type !== 'START') return;
  const host = newHost(inputOf(first.advisory.snapshot));
  host.replay(facts);
  if (host.snapshot.status === 'error') {
    host.abandon();
    throw new Error('the chart failed on what is recorded');
  }
  if (host.snapshot.status !== 'active') {
    openForgottenCase(host, cases);
    return;
  }
  host.send({ type: 'RECOVERED', at: time(), ...readingOf(clock), intentAt: facts.at(-1)?.at ?? first.at });
  // A switch may have been set, and the process have ended before the execution was told.
  for (const { type, target, state } of killSwitch.switches) {
    const isUntold = state === 'ACTIVE' && cancelsLiveOrders(type) && !host.context.killSwitch.cancelWanted;
    if (isUntold) tellSwitch(host, { type, state, ...(target !== undefined && { target }) });
  }
}

/** The process may have ended between the verdict and its case. */
function openForgottenCase({ context }: ExecutionHost, cases: CaseBook): void {
  const { advisoryId, snapshotHash, snapshot, report } = context;
  if (report?.requiresManualResolution !== true) return;
  if (cases.all().some((known) => known.advisoryId === advisoryId)) return;
  const { mismatches } = report;
  void cases.raise({ kind: caseKindOf(report), symbol: snapshot.symbol, advisoryId, snapshotHash, mismatches });
}
