/**
 * Laws of the end: no fill is forgotten, one reconciliation, no further polls, and a human for every mismatch.
 */
import { lessThan } from '../../domain/decimal.js';
import type { OrderRef } from '../../domain/ports.js';
import { topState } from '../../machines/execution.state.js';
import type { BrokerCall } from '../fault-broker.js';
import type { Life } from './folded-life.js';
import { exitStep, isComparedLater } from './journal-view.js';
import { hasCase, type Judge, type LawSubject, show, unless } from './law-subject.js';

export const fillsOnlyGrow: Judge = ({ results }, life) => {
  const known = life.last.context.order.cumQty;
  const told = results.flatMap(({ finalPositionSize = known }) =>
    unless(
      finalPositionSize === known || !life.mayHaveReachedBroker,
      `${finalPositionSize} was told, ${known} is on record`,
    ),
  );
  let isCorrected = false;
  const facts = life.steps.flatMap(({ fact, before, after }) => {
    // A fill that the venue takes back is said to be so (P8); reports from before it still come in, and count no more.
    isCorrected ||= fact.type === 'ORDER_REPORT' && fact.report.correction !== undefined;
    const fell = !isCorrected && lessThan(after.context.order.cumQty, before.context.order.cumQty);
    // Before the intent there is no order: a report then is of a former life.
    const isForgotten =
      fact.type === 'ORDER_REPORT' &&
      !isCorrected &&
      !life.pathOf(before).startsWith('validating') &&
      lessThan(after.context.order.cumQty, fact.report.cumQty);
    return [...unless(!fell, `cumQty fell at ${show(fact)}`), ...unless(!isForgotten, `forgotten: ${show(fact)}`)];
  });
  return [...facts, ...told];
};

/**
 * Position queries that name a symbol, beside those before an order: each of these comes with a question for the
 * instrument. A sweep asks for all, and then by name for what was left out: what comes after one is the sweep's, when the
 * execution was done before.
 */
function positionQueries(calls: readonly BrokerCall[], doneAt: number): number {
  const sweep = calls.findIndex((call) => isForAllPositions(call) && call.at >= doneAt);
  const own = calls.slice(0, sweep === -1 ? undefined : sweep);
  const named = own.filter((call) => call.method === 'getPositions' && !isForAllPositions(call)).length;
  return named - own.filter(({ method }) => method === 'instrument').length;
}

/**
 * Order queries after the order was taken as done, beyond those of the reconciliation and of sweeps, which ask for every
 * position too: such an order is polled on.
 */
function pollsAfterEnd(subject: LawSubject, life: Life): readonly string[] {
  const end = life.steps.find(({ after }) => AFTER_ORDER.includes(topState(after)))?.fact.at;
  if (end === undefined) return [];
  const { clientOrderId } = life.input;
  const later = subject.calls.filter(({ at }) => subject.epochMs + at > end);
  const polls = later.filter(({ method, argument }) =>
    method === 'getOrderStatus'
      ? (argument as OrderRef).clientOrderId === clientOrderId
      : method === 'getOrderStatuses' &&
        (argument as readonly OrderRef[]).some((ref) => ref.clientOrderId === clientOrderId),
  ).length;
  const sweeps = later.filter(isForAllPositions).length;
  const reconciliations = life.steps.filter(
    ({ fact, commands }) => fact.at > end && commands.some(({ type }) => type === 'reconcile'),
  ).length;
  return unless(
    polls <= reconciliations + sweeps,
    `${polls} order queries after the order was done, expected at most ${reconciliations + sweeps}`,
  );
}

/**
 * Position queries that the watch of exits has made, and may be making (B7); and the comparison of the symbol, once it is
 * decided why the position did not fit (M3).
 */
function exitQueries({ records }: LawSubject): number {
  const steps = records.filter(({ stream }) => stream === 'protection').map(({ fact }) => exitStep(fact));
  const last = steps.at(-1)?.type;
  const isAsking = last === 'EXIT_REPORT' || last === 'EXIT_ABSENT' || last === 'DEADLINE';
  const seen = steps.filter(({ type }) => type === 'POSITION_SEEN').length;
  return seen + (isAsking ? 1 : 0) + (isComparedLater(steps) ? 1 : 0);
}

const AFTER_ORDER: readonly string[] = ['filled', 'late', 'reconciling', 'done'];

const isForAllPositions = ({ method, argument }: BrokerCall): boolean =>
  method === 'getPositions' && (argument as readonly string[]).length === 0;

export const oneReconciliation: Judge = (subject, life) => {
  if (!life.isDone) return [];
  const verdicts = life.steps.filter(
    ({ fact, before, after }) => before.context.report === undefined && after.context.report !== undefined && fact,
  ).length;
  const repeats = life.steps.filter(
    ({ fact, before }) => fact.type === 'RECOVERED' && life.pathOf(before) === 'reconciling.asking',
  ).length;
  const doneAt = (life.steps.at(-1)?.fact.at ?? 0) - subject.epochMs;
  const queries = positionQueries(subject.calls, doneAt);
  const wanted = life.mayHaveReachedBroker ? 1 : 0;
  const due = wanted + repeats;
  const isAlone = new Set(subject.records.map(({ advisoryId }) => advisoryId)).size <= 2;
  return [
    ...unless(verdicts === wanted, `${verdicts} reconciliations, expected ${wanted}`),
    ...unless(
      !isAlone || life.hasRestarted || (queries >= due && queries <= due + exitQueries(subject)),
      `${queries} position queries beside those before the order, expected ${due}`,
    ),
    ...pollsAfterEnd(subject, life),
  ];
};

export const mismatchNeedsHuman: Judge = ({ results, cases, advisoryId }) =>
  results.flatMap(({ reconciliationReport: report }) => {
    if (report === undefined) return [];
    const isFound = report.mismatches.length > 0;
    return [
      ...unless(report.requiresManualResolution === isFound, 'requiresManualResolution does not follow the mismatches'),
      ...unless(
        (report.status === 'MATCHED') === !isFound,
        `${report.status} with ${report.mismatches.length} mismatches`,
      ),
      ...unless(!isFound || hasCase(cases, advisoryId), 'a mismatch without a case'),
    ];
  });
