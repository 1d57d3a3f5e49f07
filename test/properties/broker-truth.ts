/**
 * Laws that only the broker's own truth can judge: what it filled is protected, or told to somebody.
 */
import type { SweepReport } from 'fillchart';
import type { BrokenLaw, FaultBroker, LawSubject } from 'fillchart/testing';
import { type Decimal, decimal, lessThan, maximum, ZERO } from '../../src/domain/decimal.js';

type BrokerTruth = ReturnType<FaultBroker['truth']>;

/** What the broker knows of the entry order. */
export function truthOf(broker: FaultBroker): BrokerTruth {
  const clientOrderId = broker.calls.find(({ method }) => method === 'submitOrder')?.clientOrderId;
  return clientOrderId === undefined ? undefined : broker.truth(clientOrderId);
}

/** How the engine is told of what filled after the end: by a push, or by a sweep, which says what it found. */
export type Telling = 'push' | SweepReport;

/** A fill that the engine is told of after the end opens a case (T5). */
export function forgottenFill(
  { advisoryId, cases, results }: LawSubject,
  truth: BrokerTruth,
  telling: Telling,
): readonly BrokenLaw[] {
  const filled = decimal(truth?.filledSize ?? '0');
  if (results.length === 0 || !lessThan(accountedFor(results), filled)) return [];
  const isTold = cases
    .filter((known) => known.advisoryId === advisoryId)
    .some(({ mismatches }) => mismatches.some(({ kind, actual }) => kind === 'STRAY_FILL' && actual === filled));
  // A sweep may find the position instead; what it could not ask it says.
  const isFound = telling !== 'push' && (telling.cases.length > 0 || telling.failures.length > 0);
  const why = `the broker filled ${filled} after the end, ${telling === 'push' ? 'pushed' : 'swept'}, and no case says so`;
  return isTold || isFound ? [] : [{ law: 'L6', why }];
}

/** What the results own up to. */
const accountedFor = (results: LawSubject['results']): Decimal =>
  results
    .flatMap(({ finalPositionSize, reconciliationReport }) => [
      finalPositionSize,
      reconciliationReport?.brokerFilledSize,
    ])
    .reduce<Decimal>((most, size) => maximum(most, decimal(size ?? '0')), ZERO);
