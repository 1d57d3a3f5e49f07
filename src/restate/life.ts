/**
 * One life on Restate: the chart's state and its chain of records, folded in memory from what the steps bring.
 *
 * 1. It decides nothing and reads no clock: the same facts in the same order give the same chain on every host (A3, A5).
 * 2. A fact that says nothing new is dropped before the chart, as in one process; so is a deadline that outlived its state.
 */
import { endedByFault } from '../actors/last-resort.js';
import type { AuditEntry, AuditRecord } from '../domain/audit.js';
import { chained, GENESIS_HASH, type JournalRecord, type RecordedFact } from '../domain/journal.js';
import { applyReport } from '../domain/order.js';
import type { ExecutionResult } from '../domain/result.js';
import { isoTime } from '../domain/time.js';
import { FACTS_VERSION } from '../journal/fact-versions.js';
import type { ExecutionCommand } from '../machines/execution.commands.js';
import { type ExecutionContext, elapsedSinceSubmit } from '../machines/execution.context.js';
import type { EngineFaultFact, ExecutionFact, ExecutionInput } from '../machines/execution.facts.js';
import type { ExecutionSnapshot } from '../machines/execution.state.js';
import { newExecutionState, step, takes } from '../machines/step.js';

export interface Life {
  readonly state: ExecutionSnapshot;
  readonly context: ExecutionContext;
  readonly isDone: boolean;
  readonly records: readonly JournalRecord[];
  /** `at` of the last fact, engine ms; 0 before the first. */
  readonly lastAt: number;
  /** Takes a fact; `undefined` when it says nothing to the chart as it stands. */
  take(fact: ExecutionFact | EngineFaultFact): readonly ExecutionCommand[] | undefined;
  /** The last resort has ended it, and says so (E5). */
  fail(fact: EngineFaultFact, audit: readonly AuditEntry[], result: ExecutionResult): void;
}

export function newLife(input: ExecutionInput): Life {
  let state = newExecutionState(input);
  const records: JournalRecord[] = [];
  let auditSeq = 0;

  function isNews(fact: ExecutionFact): boolean {
    if (state.status !== 'active') return false;
    if (fact.type === 'ORDER_REPORT') return applyReport(state.context.order, fact.report) !== state.context.order;
    return fact.type === 'DEADLINE' || fact.type === 'EXIT_REPORT' ? takes(state, fact) : true;
  }

  function keep(fact: ExecutionFact | EngineFaultFact, told: readonly AuditEntry[]): void {
    const { advisoryId, snapshotHash, firstSubmitAt } = state.context;
    const wall = isoTime(fact.at);
    const t = firstSubmitAt === undefined ? {} : { t: elapsedSinceSubmit({ firstSubmitAt }, fact.at) };
    const audit = told.map(({ event, details }): AuditRecord => {
      auditSeq += 1;
      return { seq: auditSeq, event, timestamp: wall, ...t, advisoryId, snapshotHash, details };
    });
    const last = records.at(-1);
    const unchained = {
      seq: (last?.seq ?? 0) + 1,
      v: FACTS_VERSION,
      stream: 'execution',
      ...{ advisoryId, snapshotHash, wall, at: fact.at },
      fact: fact as unknown as RecordedFact,
      audit,
    } as const;
    records.push(chained(unchained, last?.hash ?? GENESIS_HASH));
  }

  return {
    get state() {
      return state;
    },
    get context() {
      return state.context;
    },
    get isDone() {
      return state.status !== 'active';
    },
    records,
    get lastAt() {
      return records.at(-1)?.at ?? 0;
    },
    take(fact) {
      if (fact.type === 'ENGINE_FAULT') {
        keep(fact, []);
        if (fact.result !== undefined) state = endedByFault(state, fact.result);
        return [];
      }
      if (!isNews(fact)) return undefined;
      const stepped = step(state, fact);
      state = stepped.state;
      keep(fact, stepped.audit);
      return stepped.commands;
    },
    fail(fact, audit, result) {
      keep(fact, audit);
      state = endedByFault(state, result);
    },
  };
}
