/**
 * One execution's records, folded through the chart again, and held against what was recorded beside them (A3, A7).
 *
 * 1. It is pure: the chart decides again, and nothing is carried out.
 * 2. An execution that ended stays ended, with the result that was recorded, whatever its facts fold to.
 * 3. One that has not ended, and does not fold to what was recorded, goes on from what is certain: an order that was sent
 *    by its record may be live, and is never sent again (S1).
 */
import type { AuditEntry, AuditEvent } from '../domain/audit.js';
import { deepFreeze } from '../domain/canonical.js';
import { add, type Decimal, isPositive, subtract, ZERO } from '../domain/decimal.js';
import type { JournalRecord } from '../domain/journal.js';
import { causeOf } from '../domain/reading.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import type { ExecutionFact, ExecutionInput } from '../machines/execution.facts.js';
import { executionMachine } from '../machines/execution.machine.js';
import type { ExecutionSnapshot } from '../machines/execution.state.js';
import { assumeAttempt } from '../machines/execution.updates.js';
import { newExecutionState, step } from '../machines/step.js';
import { unknownMeaning, upcast } from './fact-versions.js';
import { endedAsRecorded, isRecorded, recordedResult } from './recorded-result.js';

export interface Refolded {
  /** Where the execution stands. */
  readonly snapshot: ExecutionSnapshot;
  /** The first record that does not lead to what was recorded, and how that shows. */
  readonly difference?: Difference;
  /** So much of its fills the venue took back while it was live. */
  readonly takenBack: Decimal;
}

export interface Difference {
  readonly seq: number;
  readonly problem: string;
}

/** @param life the records of the execution, oldest first, from its START on */
export function refold(input: ExecutionInput, life: readonly JournalRecord[]): Refolded {
  const { snapshot, difference, takenBack } = foldAll(input, life);
  const recorded = recordedResult(life);
  const { context } = snapshot;
  if (recorded === undefined) {
    if (difference === undefined) return { snapshot, takenBack };
    return { snapshot: certainPart(snapshot, life), difference, takenBack };
  }
  if (context.result !== undefined && isRecorded(context.result, recorded)) return { snapshot, takenBack };
  // The chart had failed: the result that was recorded is the engine's last word (E5).
  if (life.some(isEngineFault)) return { snapshot: resolved('done', endedAsRecorded(context, recorded)), takenBack };
  const { status } = recorded.summary;
  const found = context.result?.status ?? 'no end';
  const problem = `ended ${status} by this record, and folds to ${found === status ? 'another result' : found} now`;
  return {
    snapshot: resolved('done', endedAsRecorded(context, recorded)),
    difference: difference ?? { seq: recorded.seq, problem },
    takenBack,
  };
}

/** It is no event of the chart. */
const isEngineFault = ({ fact }: JournalRecord): boolean => fact.type === 'ENGINE_FAULT';

function foldAll(input: ExecutionInput, life: readonly JournalRecord[]): Refolded {
  let difference: Difference | undefined;
  let snapshot = newExecutionState(input);
  let takenBack = ZERO;

  function take(record: JournalRecord): Difference | undefined {
    const { seq } = record;
    if (isEngineFault(record)) return undefined;
    if (snapshot.status !== 'active') return { seq, problem: 'comes after the end' };
    const { state, audit } = step(snapshot, upcast(record).fact as unknown as ExecutionFact);
    const fall = subtract(snapshot.context.order.cumQty, state.context.order.cumQty);
    if (isPositive(fall)) takenBack = add(takenBack, fall);
    snapshot = state;
    return differenceOf(record, audit);
  }

  for (const record of life) {
    try {
      const found = take(record);
      difference ??= found;
    } catch (error) {
      difference ??= { seq: record.seq, problem: `cannot be folded: ${causeOf(error)}` };
      break;
    }
  }
  deepFreeze(snapshot.context);
  return { snapshot, takenBack, ...(difference !== undefined && { difference }) };
}

/** What was said when the fact was recorded and is not said now. What a later version says besides is no difference. */
function differenceOf(record: JournalRecord, now: readonly AuditEntry[]): Difference | undefined {
  const { seq, audit } = record;
  const unknown = unknownMeaning(record);
  if (unknown !== undefined) return { seq, problem: unknown };
  const said = new Set<AuditEvent>(now.map(({ event }) => event));
  const missing = audit.find(({ event }) => !said.has(event));
  return missing === undefined ? undefined : { seq, problem: `told ${missing.event} when it was recorded, not now` };
}

/** Where an execution goes on whose facts cannot be trusted: an order that was sent by its record may be live (S4). */
function certainPart(snapshot: ExecutionSnapshot, life: readonly JournalRecord[]): ExecutionSnapshot {
  const { context } = snapshot;
  const sent = life.find(({ audit }) => audit.some(({ event }) => event === 'order_submitted'));
  if (sent === undefined || context.attempts.length > 0) return snapshot;
  return resolved({ pending: 'locating' }, { ...context, ...assumeAttempt(context, sent.at) });
}

const resolved = (value: 'done' | { readonly pending: 'locating' }, context: ExecutionContext): ExecutionSnapshot =>
  executionMachine.resolveState({
    value,
    context: deepFreeze(context),
    status: value === 'done' ? 'done' : 'active',
  }) as ExecutionSnapshot;
