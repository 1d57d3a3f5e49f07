/**
 * A life, folded anew from its recorded facts: what the execution knew and asked for at each of them.
 */
import type { JournalRecord } from '../../domain/journal.js';
import { hasFill } from '../../domain/order.js';
import { inputOf } from '../../machines/advisory.js';
import type { ExecutionCommand } from '../../machines/execution.commands.js';
import type { ExecutionContext } from '../../machines/execution.context.js';
import type { ExecutionFact, ExecutionInput } from '../../machines/execution.facts.js';
import { executionMachine } from '../../machines/execution.machine.js';
import { type ExecutionSnapshot, statePath } from '../../machines/execution.state.js';
import { firstSnapshot, macrostep } from '../../machines/microsteps.js';

export interface LifeStep {
  readonly fact: ExecutionFact;
  readonly record: JournalRecord;
  readonly before: ExecutionSnapshot;
  readonly after: ExecutionSnapshot;
  readonly commands: readonly ExecutionCommand[];
}

export interface Life {
  readonly input: ExecutionInput;
  readonly steps: readonly LifeStep[];
  readonly last: ExecutionSnapshot;
  readonly isDone: boolean;
  readonly hasRestarted: boolean;
  /** Some try was accepted or is not known to have failed, or a report speaks for the order. */
  readonly mayHaveReachedBroker: boolean;
  /** What was known at an engine time, every fact of that very instant included. */
  contextAt(at: number): ExecutionContext;
  pathOf(snapshot: ExecutionSnapshot): string;
}

/** A step of the chart: the state after the fact, and what it asked for. */
export function chartStep(
  before: ExecutionSnapshot,
  fact: ExecutionFact,
): { readonly after: ExecutionSnapshot; readonly commands: readonly ExecutionCommand[] } {
  const { after, emitted } = macrostep(executionMachine, before, fact);
  return { after, commands: emitted as readonly ExecutionCommand[] };
}

/** The state before the first fact. */
export const birth = (input: ExecutionInput): ExecutionSnapshot => firstSnapshot(executionMachine, input);

/** The life of the advisory in these records; `undefined` when they hold none. */
export function foldedLife(advisoryId: string, records: readonly JournalRecord[]): Life | undefined {
  const own = records.filter((record) => record.stream === 'execution' && record.advisoryId === advisoryId);
  const first = own[0]?.fact as unknown as ExecutionFact | undefined;
  if (first?.type !== 'START') return undefined;
  const input = first.advisory.problems.length > 0 ? first.advisory : inputOf(first.advisory.snapshot);
  let before = birth(input);
  const steps: LifeStep[] = [];
  for (const record of own) {
    const fact = record.fact as unknown as ExecutionFact;
    // Another snapshot under the same id is refused in a life of its own.
    if (fact.type === 'START' && steps.length > 0) continue;
    if (before.status !== 'active') break;
    const { after, commands } = chartStep(before, fact);
    steps.push({ fact, record, before, after, commands });
    before = after;
  }
  const last = before;
  const { order, attempts } = last.context;
  // Refused by a report and by a definite answer: the broker never held it. A transient no is none such.
  const answer = steps.findLast(({ fact }) => fact.type === 'SUBMIT_OUTCOME')?.fact;
  const isDefiniteNo =
    answer?.type === 'SUBMIT_OUTCOME' && answer.outcome.kind === 'rejected' && answer.outcome.transient !== true;
  const isRefusedTwice = order.status === 'rejected' && isDefiniteNo;
  const isOpen = (outcome: string | undefined) => outcome !== 'rejected' && outcome !== 'not_sent';
  return {
    input,
    steps,
    last,
    isDone: last.status !== 'active',
    hasRestarted: steps.some(({ fact }) => fact.type === 'RECOVERED'),
    mayHaveReachedBroker:
      attempts.some(({ outcome }) => isOpen(outcome)) ||
      hasFill(order) ||
      ((order.brokerOrderId !== undefined || order.status !== 'open') && !isRefusedTwice),
    contextAt: (at) => steps.findLast((step) => step.fact.at <= at)?.after.context ?? birth(input).context,
    pathOf: ({ value }) => statePath(value),
  };
}
