/**
 * Laws of the entry order: sent once, behind an open gate, after its intent is durable, and never told as more than is known.
 */
import type { JournalRecord } from '../../domain/journal.js';
import { covers, type SwitchChange } from '../../domain/kill-switch.js';
import { HARD_TIMEOUT_MS } from '../../domain/limits.js';
import type { OrderRequest } from '../../domain/ports.js';
import { epochMs as epochOf } from '../../domain/time.js';
import type { ExecutionFact } from '../../machines/execution.facts.js';
import type { Life } from './folded-life.js';
import { callsOf, type Judge, type LawSubject, show, unless } from './law-subject.js';

export const oneEntryOrder: Judge = (subject, life) => {
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
    ...sentBeforeIntent(subject, life),
  ];
};

/** The n-th submit call comes after the journal has called durable what asked for it (S2). */
function sentBeforeIntent(subject: LawSubject, life: Life): readonly string[] {
  const { calls, commits } = subject;
  if (commits === undefined) return [];
  const submits = callsOf(subject, life, 'submitOrder');
  const starts = life.steps.filter(({ fact }) => fact.type === 'SUBMIT_STARTED');
  return starts.flatMap(({ record: { seq: startedAt } }, index) => {
    const asked = life.steps.findLast(({ fact, record }) => record.seq < startedAt && isIntent(fact))?.record.seq;
    const call = submits[index];
    if (call === undefined || asked === undefined) return [];
    const commit = commits.find(({ seq }) => seq === asked);
    const isDurable = commit !== undefined && commit.callsBefore <= calls.indexOf(call);
    return unless(isDurable, `submit call ${index + 1} was made before record ${asked} was durable`);
  });
}

/** What a submit call waits for: the answer of the broker that is the intent, or the time for a further try. */
const isIntent = (fact: ExecutionFact): boolean =>
  fact.type === 'BROKER_ASKED' || (fact.type === 'DEADLINE' && fact.name === 'submitRetry');

export const closedGate: Judge = (subject, life) =>
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

export const unknownStaysUnknown: Judge = (subject, life) =>
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

export const sameAdvisorySameResult: Judge = ({ results }) =>
  unless(new Set(results.map(show)).size <= 1, 'two callers were told two results');
