/**
 * Laws of time: deadlines never move, every life ends within its bound, and the received time names the status.
 */
import {
  HARD_TIMEOUT_MS,
  LATE_FILL_WINDOW_MS,
  RECONCILIATION_LIMIT_MS,
  VALIDATION_LIMIT_MS,
} from '../../domain/limits.js';
import { isFullFill } from '../../domain/order.js';
import type { ExecutionFact } from '../../machines/execution.facts.js';
import { topState } from '../../machines/execution.state.js';
import type { LifeStep } from './folded-life.js';
import { type Judge, show, unless } from './law-subject.js';

/**
 * At T = 32 s the engine waits for a cancel that is under way, whose call is given its whole time (T4), and then for the
 * last look at the order, and no longer than this.
 */
const LAST_LOOK_MAY_TAKE_MS = 4_500;

export const fixedDeadlines: Judge = ({ hasSlept = false }, life) => {
  const first = life.steps.find(({ after }) => after.context.firstSubmitAt !== undefined)?.after.context.firstSubmitAt;
  let restartedAt = 0;
  return life.steps.flatMap((step) => {
    const { fact, after } = step;
    const known = after.context.firstSubmitAt;
    const moved = unless(known === undefined || known === first, 'the first submission moved');
    if (fact.type === 'RECOVERED') restartedAt = fact.at;
    if (first === undefined) return moved;
    const due = dueTime(fact, first);
    const early = unless(due === undefined || fact.at >= due, `${show(fact)} instead of at ${due}`);
    // A deadline that fell due while no process was there is told at the restart (T4).
    const overdue = hasSlept ? [] : overdueAt(step, first, restartedAt);
    return [...moved, ...early, ...overdue];
  });
};

function dueTime(fact: ExecutionFact, firstSubmitAt: number): number | undefined {
  if (fact.type !== 'DEADLINE') return undefined;
  if (fact.name === 'hardTimeout') return firstSubmitAt + HARD_TIMEOUT_MS;
  return fact.name === 'lateWindow' ? firstSubmitAt + HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS : undefined;
}

/** A fact at which the order was still waited for, though the deadline that ends the waiting had passed. */
function overdueAt({ fact, before }: LifeStep, firstSubmitAt: number, restartedAt: number): readonly string[] {
  if (fact.type === 'RECOVERED' || before.context.firstSubmitAt === undefined) return [];
  const state = topState(before);
  const hardTimeoutBy = Math.max(firstSubmitAt + HARD_TIMEOUT_MS, restartedAt);
  const isLate = ['submitted', 'pending', 'cancelling'].includes(state)
    ? fact.at > hardTimeoutBy
    : state === 'timeout' &&
      fact.at > Math.max(firstSubmitAt + HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS, restartedAt) + LAST_LOOK_MAY_TAKE_MS;
  return unless(!isLate, `${state} until ${show(fact)}, first submitted at ${firstSubmitAt}`);
}

/** 30 s and the late window, five seconds of protection, one reconciliation. */
const LONGEST_AFTER_SUBMIT_MS = HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS + 5_000 + RECONCILIATION_LIMIT_MS;

export const endsInTime: Judge = ({ results, hasSlept = false }, life) => {
  if (results.length > 0 && !life.isDone) return ['a result was told before the execution was done'];
  if (hasSlept || !life.isDone) return [];
  const last = life.steps.at(-1)?.fact.at ?? 0;
  const restart = life.steps.findLast(({ fact }) => fact.type === 'RECOVERED')?.fact.at;
  const { firstSubmitAt, startedAt } = life.last.context;
  const from = Math.max(restart ?? 0, firstSubmitAt ?? startedAt);
  const limit =
    firstSubmitAt === undefined && !life.mayHaveReachedBroker ? VALIDATION_LIMIT_MS : LONGEST_AFTER_SUBMIT_MS;
  return unless(
    last - from <= limit,
    `done ${last - from} ms after ${restart === undefined ? 'its start' : 'the restart'}`,
  );
};

export const statusByReceivedTime: Judge = ({ results }, life) => {
  const { firstSubmitAt = 0 } = life.last.context;
  const fill = life.steps.find(({ after }) => isFullFill(after.context.order))?.fact.at;
  return results.flatMap(({ status }) => {
    if (status !== 'FILLED' && status !== 'EXECUTED_FULL_LATE') return [];
    if (fill === undefined) return [`${status} without a full fill`];
    const t = fill - firstSubmitAt;
    return unless(
      (status === 'EXECUTED_FULL_LATE') === t > HARD_TIMEOUT_MS && t <= HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS,
      `${status} for a fill received at T = ${t} ms`,
    );
  });
};
