/**
 * The laws, judged from outside: on what the broker was asked, what the journal holds, and what the caller was told.
 *
 * 1. A law never asks the engine: the life is folded anew from its recorded facts, and compared with the calls.
 * 2. Every broken law comes back with its id and what broke it; nothing is thrown.
 * 3. Times: `at` of a call is ms of the clock, `epochMs` is the engine's time at its zero; the wall clock is not stepped.
 */
import type { Case } from '../domain/cases.js';
import {
  add,
  isMultipleOf,
  isNegative,
  isPositive,
  lessThan,
  multiply,
  ONE,
  parseDecimal,
  subtract,
} from '../domain/decimal.js';
import type { JournalRecord } from '../domain/journal.js';
import { covers, type SwitchChange } from '../domain/kill-switch.js';
import type { LawId } from '../domain/laws.js';
import {
  HARD_TIMEOUT_MS,
  LATE_FILL_WINDOW_MS,
  RECONCILIATION_LIMIT_MS,
  VALIDATION_LIMIT_MS,
} from '../domain/limits.js';
import { isFullFill } from '../domain/order.js';
import type { OrderRef, OrderRequest, ProtectionRequest } from '../domain/ports.js';
import type { ExecutionResult } from '../domain/result.js';
import { epochMs as epochOf } from '../domain/time.js';
import type { ExecutionFact } from '../machines/execution.facts.js';
import type { BrokerCall } from './fault-broker.js';
import { foldedLife, type Life } from './folded-life.js';

/** What one execution came to, seen from outside. */
export interface LawSubject {
  readonly advisoryId: string;
  /** Every call that the broker got, of this execution or not, oldest first. */
  readonly calls: readonly BrokerCall[];
  readonly records: readonly JournalRecord[];
  readonly cases: readonly Case[];
  /** Engine ms at the clock's monotonic zero. */
  readonly epochMs: number;
  /** What each caller who sent the advisory was told. */
  readonly results: readonly ExecutionResult[];
  /** The process slept over its timers: when things end is then not judged (L11). */
  readonly hasSlept?: boolean;
}

export interface BrokenLaw {
  readonly law: LawId;
  readonly why: string;
}

type Judge = (subject: LawSubject, life: Life) => readonly string[];

/** Broken laws of one execution; none when it was lawful. */
export function brokenLaws(subject: LawSubject): readonly BrokenLaw[] {
  const life = foldedLife(subject.advisoryId, subject.records);
  if (life === undefined) return [];
  return (Object.entries(JUDGES) as [LawId, Judge][]).flatMap(([law, judge]) =>
    judge(subject, life).map((why) => ({ law, why })),
  );
}

const callsOf = ({ calls }: LawSubject, { input }: Life, method: BrokerCall['method']): readonly BrokerCall[] =>
  calls.filter((call) => call.method === method && call.clientOrderId === input.clientOrderId);

const unless = (holds: boolean, why: string): readonly string[] => (holds ? [] : [why]);

const oneEntryOrder: Judge = (subject, life) => {
  const submits = callsOf(subject, life, 'submitOrder');
  const { snapshot } = life.input;
  const repeats = life.steps.flatMap(({ fact, before }, index) => {
    if (fact.type !== 'SUBMIT_STARTED' || before.context.attempts.length === 0) return [];
    const last = life.steps.slice(0, index).findLast((step) => step.fact.type === 'SUBMIT_OUTCOME')?.fact;
    const outcome = last?.type === 'SUBMIT_OUTCOME' ? last.outcome : undefined;
    const provesNothingLive =
      outcome?.kind === 'not_sent' || (outcome?.kind === 'rejected' && outcome.transient === true);
    return unless(provesNothingLive, `sent again after ${outcome?.kind ?? 'no answer'}`);
  });
  const same = submits.every(({ argument }) => {
    const { quantity, side, symbol } = argument as OrderRequest;
    return quantity === snapshot.positionSize && side === snapshot.side && symbol === snapshot.symbol;
  });
  const started = life.steps.filter(({ fact }) => fact.type === 'SUBMIT_STARTED').length;
  return [
    ...repeats,
    ...unless(same, 'a submit call is not for the approved order'),
    ...unless(submits.length === started, `${submits.length} submit calls reached the broker, ${started} are recorded`),
  ];
};

const closedGate: Judge = (subject, life) =>
  life.steps.flatMap(({ fact, after, record }) => {
    if (fact.type !== 'SUBMIT_STARTED') return [];
    const { snapshot, firstSubmitAt = fact.at } = after.context;
    const isActive = activeSwitches(subject.records, record.seq, snapshot.symbol).length > 0;
    return [
      ...unless(!isActive, `submitted at record ${record.seq} while a kill switch was ACTIVE`),
      ...unless(fact.at - firstSubmitAt < HARD_TIMEOUT_MS, `submitted at T = ${fact.at - firstSubmitAt} ms`),
      ...unless(
        epochOf(record.wall) < epochOf(snapshot.expirationTimestamp),
        `submitted at ${record.wall}, after expiry`,
      ),
    ];
  });

/** Keys of the switches that were ACTIVE for the symbol when the record was written. */
function activeSwitches(records: readonly JournalRecord[], seq: number, symbol: string): readonly string[] {
  const active = new Map<string, boolean>();
  for (const record of records) {
    if (record.stream !== 'kill-switch' || record.seq >= seq) continue;
    const { change } = record.fact as unknown as { readonly change: SwitchChange };
    if (covers(change.target, symbol)) active.set(`${change.type}:${change.target}`, change.state === 'ACTIVE');
  }
  return [...active].filter(([, isActive]) => isActive).map(([key]) => key);
}

/** At T = 32 s the engine waits for the last look at the order, and no longer than this. */
const LATE_BY_MS = 2_000;

const fixedDeadlines: Judge = ({ hasSlept = false }, life) => {
  const first = life.steps.find(({ after }) => after.context.firstSubmitAt !== undefined)?.after.context.firstSubmitAt;
  const mayBeLate = hasSlept || life.hasRestarted;
  return life.steps.flatMap(({ fact, after }) => {
    const known = after.context.firstSubmitAt;
    const isMoved = known !== undefined && known !== first;
    const due = first === undefined ? undefined : dueTime(fact, first);
    if (due === undefined) return unless(!isMoved, 'the first submission moved');
    const isLate = fact.at > due + LATE_BY_MS && !mayBeLate;
    return [
      ...unless(!isMoved, 'the first submission moved'),
      ...unless(fact.at >= due && !isLate, `${show(fact)} instead of at ${due}`),
    ];
  });
};

function dueTime(fact: ExecutionFact, firstSubmitAt: number): number | undefined {
  if (fact.type !== 'DEADLINE') return undefined;
  if (fact.name === 'hardTimeout') return firstSubmitAt + HARD_TIMEOUT_MS;
  return fact.name === 'lateWindow' ? firstSubmitAt + HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS : undefined;
}

/** The formula, worked out anew: within one tick of the exact price, on the tick, toward the fill, on the right side. */
const bracketOnFill: Judge = (subject, life) =>
  callsOf(subject, life, 'placeProtection').flatMap(({ argument }) => {
    const { stopLoss, takeProfit, quantity } = argument as ProtectionRequest;
    // What fills after the first placement is a stray fill: a repeat is for what was filled then.
    const placed = life.steps.find(({ commands }) => commands.some(({ type }) => type === 'placeProtection'));
    const { order, snapshot, instrument } = (placed?.after ?? life.last).context;
    const fill = order.avgPrice;
    const tick = parseDecimal(instrument?.tickSize);
    if (fill === undefined || tick === undefined) return ['protection was placed without a fill price or a tick'];
    const legs = [
      ['SL', stopLoss, snapshot.slOffsetPct],
      ['TP', takeProfit, snapshot.tpOffsetPct],
    ] as const;
    const wrong = legs.filter(([, given, offset]) => {
      const price = parseDecimal(given);
      if (price === undefined || !isMultipleOf(price, tick)) return true;
      const exact = multiply(fill, add(ONE, offset));
      const towardFill = lessThan(exact, fill) ? subtract(price, exact) : subtract(exact, price);
      const isBeside = lessThan(exact, fill) ? lessThan(price, fill) : lessThan(fill, price);
      return isNegative(towardFill) || !lessThan(towardFill, tick) || !isBeside;
    });
    return [
      ...wrong.map(([name, price]) => `${name} ${price} on a fill of ${fill}, tick ${tick}`),
      ...unless(quantity === order.cumQty, `protection for ${quantity}, filled ${order.cumQty}`),
    ];
  });

const onlyProtectionReduces: Judge = (subject, life) => {
  const { snapshot, clientOrderId } = life.input;
  const exits = callsOf(subject, life, 'placeProtection').map(({ argument }) => argument as ProtectionRequest);
  const cancels = callsOf(subject, life, 'cancelOrder').map(({ argument }) => argument as OrderRef);
  const known = new Set(subject.records.map(({ advisoryId }) => advisoryId));
  const closing = subject.calls.filter(({ method, argument }) => {
    if (method !== 'submitOrder') return false;
    const { symbol, side } = argument as OrderRequest;
    return symbol === snapshot.symbol && side !== snapshot.side;
  });
  return [
    // Where several advisories trade the symbol, the other side may be another's entry.
    ...unless(closing.length === 0 || known.size > 2, 'an order closes the position'),
    ...unless(
      exits.every(({ side, symbol }) => side !== snapshot.side && symbol === snapshot.symbol),
      'an exit order does not face the entry',
    ),
    ...unless(
      cancels.every((ref) => ref.clientOrderId === clientOrderId),
      'something else than the entry order was cancelled',
    ),
  ];
};

const fillsOnlyGrow: Judge = ({ results }, life) => {
  const known = life.last.context.order.cumQty;
  const told = results.flatMap(({ finalPositionSize = known }) =>
    unless(
      finalPositionSize === known || !life.mayHaveReachedBroker,
      `${finalPositionSize} was told, ${known} is on record`,
    ),
  );
  const facts = life.steps.flatMap(({ fact, before, after }) => {
    const fell = lessThan(after.context.order.cumQty, before.context.order.cumQty);
    // Before the intent there is no order: a report then is of a former life.
    const isForgotten =
      fact.type === 'ORDER_REPORT' &&
      !life.pathOf(before).startsWith('validating') &&
      lessThan(after.context.order.cumQty, fact.report.cumQty);
    return [...unless(!fell, `cumQty fell at ${show(fact)}`), ...unless(!isForgotten, `forgotten: ${show(fact)}`)];
  });
  return [...facts, ...told];
};

const protectedOrCase: Judge = ({ results, cases, advisoryId }) =>
  results.flatMap(({ finalPositionSize, finalSl, finalTp }) => {
    const filled = parseDecimal(finalPositionSize);
    if (filled === undefined || !isPositive(filled) || (finalSl !== undefined && finalTp !== undefined)) return [];
    return unless(hasCase(cases, advisoryId), `filled ${filled} without SL and TP, and no case`);
  });

const hasCase = (cases: readonly Case[], advisoryId: string): boolean =>
  cases.some((known) => known.advisoryId === advisoryId);

/**
 * Position queries that name a symbol. A sweep asks for all, and then by name for what was left out: such a query is
 * the sweep's when the execution was done before.
 */
function namedPositionQueries(calls: readonly BrokerCall[], doneAt: number): number {
  const queries = calls.filter(({ method }) => method === 'getPositions');
  const isForAll = ({ argument }: BrokerCall) => (argument as readonly string[]).length === 0;
  const sweep = queries.findIndex((call) => isForAll(call) && call.at >= doneAt);
  return queries.slice(0, sweep === -1 ? undefined : sweep).filter((call) => !isForAll(call)).length;
}

const oneReconciliation: Judge = (subject, life) => {
  if (!life.isDone) return [];
  const verdicts = life.steps.filter(
    ({ fact, before, after }) => before.context.report === undefined && after.context.report !== undefined && fact,
  ).length;
  const repeats = life.steps.filter(
    ({ fact, before }) => fact.type === 'RECOVERED' && life.pathOf(before) === 'reconciling.asking',
  ).length;
  // Each look before an order asks for instrument and position together.
  const looks = subject.calls.filter(({ method }) => method === 'instrument').length;
  const doneAt = (life.steps.at(-1)?.fact.at ?? 0) - subject.epochMs;
  const queries = namedPositionQueries(subject.calls, doneAt) - looks;
  const wanted = life.mayHaveReachedBroker ? 1 : 0;
  const isAlone = new Set(subject.records.map(({ advisoryId }) => advisoryId)).size <= 2;
  return [
    ...unless(verdicts === wanted, `${verdicts} reconciliations, expected ${wanted}`),
    ...unless(
      !isAlone || life.hasRestarted || queries === wanted + repeats,
      `${queries} position queries beside those before the order, expected ${wanted + repeats}`,
    ),
  ];
};

const unknownStaysUnknown: Judge = (subject, life) =>
  subject.results.flatMap(({ status, reason, attempts }) => {
    const isRejected = life.steps.some(({ fact }) => fact.type === 'ORDER_REPORT' && fact.report.status === 'rejected');
    const outcomes = attempts.map(({ outcome }) => outcome);
    const isKnownDead = outcomes.every((outcome) => outcome === 'rejected' || outcome === 'not_sent');
    const submits = callsOf(subject, life, 'submitOrder').length;
    return [
      ...unless(status !== 'REJECTED' || submits === 0, 'REJECTED although the broker was called'),
      ...unless(
        reason !== 'BROKER_REJECTED' || outcomes.includes('rejected') || isRejected,
        'BROKER_REJECTED, and no word of the broker says so',
      ),
      ...unless(reason !== 'ORDER_NOT_SENT' || isKnownDead, `ORDER_NOT_SENT after ${outcomes.join(', ')}`),
      ...unless(status !== 'FAILED' || isKnownDead || isRejected, `FAILED after ${outcomes.join(', ')}`),
    ];
  });

const mismatchNeedsHuman: Judge = ({ results, cases, advisoryId }) =>
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

/** 30 s and the late window, five seconds of protection, one reconciliation. */
const LONGEST_AFTER_SUBMIT_MS = HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS + 5_000 + RECONCILIATION_LIMIT_MS;

const endsInTime: Judge = ({ results, hasSlept = false }, life) => {
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

/** In the turn in which the whole size is known as filled, protection goes out; whatever the switches say. */
const switchesNeverDelay: Judge = (subject, life) =>
  life.steps.flatMap(({ fact, before, after, commands }) => {
    const isFillNow = !isFullFill(before.context.order) && isFullFill(after.context.order);
    if (!isFillNow || after.context.instrument === undefined || after.context.firstSubmitAt === undefined) return [];
    const isAsked = commands.some(({ type }) => type === 'placeProtection');
    const isWaiting =
      ['submitted.calling'].includes(life.pathOf(after)) || life.pathOf(before).startsWith('reconciling');
    if (after.context.bracket?.valid === false || isWaiting) return [];
    const called = callsOf(subject, life, 'placeProtection').some(({ at }) => subject.epochMs + at === fact.at);
    return unless(
      isAsked && called,
      `filled at ${fact.at - subject.epochMs} ms, and protection did not go out at once`,
    );
  });

const sameAdvisorySameResult: Judge = ({ results }) =>
  unless(new Set(results.map(show)).size <= 1, 'two callers were told two results');

const statusByReceivedTime: Judge = ({ results }, life) => {
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

const cancelsForCause: Judge = (subject, life) =>
  callsOf(subject, life, 'cancelOrder').flatMap(({ at }) => {
    const { killSwitch, firstSubmitAt = 0 } = life.contextAt(subject.epochMs + at);
    const isWanted = killSwitch.cancelWanted || subject.epochMs + at >= firstSubmitAt + HARD_TIMEOUT_MS;
    return unless(isWanted, `cancelled at ${at} ms, and neither a switch nor T = 30 s wanted it`);
  });

const JUDGES: { readonly [Id in LawId]?: Judge } = {
  L1: oneEntryOrder,
  L2: closedGate,
  L3: fixedDeadlines,
  L4: bracketOnFill,
  L5: onlyProtectionReduces,
  L6: fillsOnlyGrow,
  L7: protectedOrCase,
  L8: oneReconciliation,
  L9: unknownStaysUnknown,
  L10: mismatchNeedsHuman,
  L11: endsInTime,
  L12: switchesNeverDelay,
  L13: sameAdvisorySameResult,
  L14: statusByReceivedTime,
  L15: cancelsForCause,
};

const show = (value: unknown): string => JSON.stringify(value);
