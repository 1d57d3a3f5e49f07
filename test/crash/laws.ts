/**
 * What must hold whenever an engine was killed, and in the end. Pure: from what is known to the sentences that say what is broken.
 */
import { canonicalJson } from '../../src/domain/canonical.js';
import { type Case, type CaseFact, withCaseFact } from '../../src/domain/cases.js';
import { type JournalRecord, verifyChain } from '../../src/domain/journal.js';
import type { ExecutionResult } from '../../src/domain/result.js';
import { replayExecution } from '../../src/engine/replay.js';
import type { OrderTruth } from './broker.process.js';

export interface Known {
  readonly records: readonly JournalRecord[];
  readonly orders: readonly OrderTruth[];
  /** Advisories that a caller was told are durable. */
  readonly durable: ReadonlySet<string>;
  /** Every result that was handed out, also repeatedly. */
  readonly results: readonly ExecutionResult[];
}

/** Laws that hold at any time. */
export function brokenNow(known: Known): readonly string[] {
  return [
    ...chainBroken(known),
    ...sentTwice(known),
    ...unknownOrders(known),
    ...forgotten(known),
    ...changedResults(known),
  ];
}

/** … and those that hold when every execution has come to its end. */
export function brokenInTheEnd(known: Known): readonly string[] {
  const cases = casesOf(known.records);
  const results = new Map(known.results.map((result) => [result.advisoryId, result]));
  const lost = [...known.durable]
    .filter((id) => !results.has(id))
    .map((id) => `A6: ${id} was durable and has no result`);
  const orderOf = ordersByAdvisory(known);
  const disagreeing = [...results.values()].flatMap((result) => {
    const order = orderOf.get(result.advisoryId);
    return disagreements(result, order, cases).map((what) => `${result.advisoryId} (${result.status}): ${what}`);
  });
  const unfaithful = [...results.values()]
    .filter(({ advisoryId }) => replayExecution(known.records, advisoryId)?.verdict !== 'equal')
    .map(({ advisoryId }) => `A3: the replay of ${advisoryId} is not the result that was handed out`);
  return [...chainBroken(known), ...brokenNow(known), ...lost, ...disagreeing, ...unfaithful];
}

/** A broker that was not let run in time, on a machine that is busy: no fault of the engine's. */
const BUSY_MACHINE = /no answer within|is not protected/;

/** Executions whose two sides agree in truth, and whose report says that they do not: safe, and a nuisance. */
export function falseAlarms({ records, orders, results }: Known): readonly string[] {
  const orderOf = ordersByAdvisory({ records, orders });
  return results
    .filter((result) => {
      const order = orderOf.get(result.advisoryId);
      const isSound =
        order?.state === 'filled' ? hasLegs(order) : order?.state === 'cancelled' && order.filledSize === 0;
      return isSound && result.reconciliationReport?.requiresManualResolution === true;
    })
    .filter(({ reconciliationReport: report }) => !report?.mismatches.some(({ message }) => BUSY_MACHINE.test(message)))
    .map(({ advisoryId, status, reconciliationReport }) => {
      const said = reconciliationReport?.mismatches.map(({ message }) => message).join('; ');
      return `${advisoryId} (${status}): ${said}`;
    });
}

function chainBroken({ records }: Known): readonly string[] {
  const verdict = verifyChain(records);
  return verdict.ok ? [] : [`A5: ${verdict.problem}`];
}

/** One order an advisory, and no call after one whose answer is not known (S1, S4, S5). */
function sentTwice({ orders, records }: Known): readonly string[] {
  const refusals = new Map<string, number>();
  for (const { fact, advisoryId = '' } of records) {
    const outcome = fact['outcome'] as { kind?: string; transient?: boolean } | undefined;
    if (fact.type !== 'SUBMIT_OUTCOME' || outcome?.kind !== 'rejected' || outcome.transient !== true) continue;
    refusals.set(advisoryId, (refusals.get(advisoryId) ?? 0) + 1);
  }
  const owners = ownersOf(records);
  return orders.flatMap(({ clientOrderId, submits, resent }) => {
    const proven = refusals.get(owners.get(clientOrderId) ?? '') ?? 0;
    const twice = resent > 0 ? [`S1: ${clientOrderId} was sent ${resent} more times to a broker that had it`] : [];
    const blind =
      submits > proven + 1 ? [`S4: ${clientOrderId} was sent ${submits} times, with ${proven} refusals on record`] : [];
    return [...twice, ...blind];
  });
}

/** The intent is on record before anything is sent (S2, A4). */
function unknownOrders({ orders, records }: Known): readonly string[] {
  const intended = new Set(
    records.filter(({ fact }) => fact.type === 'BROKER_ASKED').map(({ advisoryId = '' }) => advisoryId),
  );
  const owners = ownersOf(records);
  return orders
    .filter(({ clientOrderId }) => !intended.has(owners.get(clientOrderId) ?? ''))
    .map(({ clientOrderId }) => `S2: ${clientOrderId} is at the broker, and its intent is not on record`);
}

/** What a caller was told is on record. */
function forgotten({ durable, results, records }: Known): readonly string[] {
  const events = (name: string) =>
    new Set(
      records.flatMap(({ audit }) => audit.filter(({ event }) => event === name).map(({ advisoryId }) => advisoryId)),
    );
  const [started, ended] = [events('execution_start'), events('execution_result')];
  return [
    ...[...durable].filter((id) => !started.has(id)).map((id) => `A4: ${id} was called durable and is not on record`),
    ...results
      .filter(({ advisoryId }) => !ended.has(advisoryId))
      .map(({ advisoryId }) => `A4: the result of ${advisoryId} was handed out and is not on record`),
  ];
}

/** The same advisory, the same result, also after a restart (E1). */
function changedResults({ results }: Known): readonly string[] {
  const first = new Map<string, string>();
  return results.flatMap((result) => {
    const text = canonicalJson(result);
    const before = first.get(result.advisoryId) ?? text;
    first.set(result.advisoryId, before);
    return before === text ? [] : [`E1: ${result.advisoryId} has two results`];
  });
}

/** Whose order it is, by the clientOrderId in the advisory's own record. */
function ownersOf(records: readonly JournalRecord[]): ReadonlyMap<string, string> {
  return new Map(
    records
      .filter(({ stream, fact }) => stream === 'execution' && fact.type === 'START')
      .map(({ fact, advisoryId = '' }) => [(fact['advisory'] as { clientOrderId: string }).clientOrderId, advisoryId]),
  );
}

function ordersByAdvisory({ records, orders }: Pick<Known, 'records' | 'orders'>): ReadonlyMap<string, OrderTruth> {
  const owners = ownersOf(records);
  return new Map(orders.map((order) => [owners.get(order.clientOrderId) ?? '', order]));
}

const casesOf = (records: readonly JournalRecord[]): readonly Case[] =>
  records
    .filter(({ stream }) => stream === 'case')
    .reduce<readonly Case[]>((cases, { fact }) => withCaseFact(cases, fact as unknown as CaseFact), []);

const hasLegs = ({ legs, filledSize }: OrderTruth): boolean => legs?.quantity === String(filledSize);

/** The result against the broker's truth. What the result does not say, an open case must. */
function disagreements(
  result: ExecutionResult,
  order: OrderTruth | undefined,
  cases: readonly Case[],
): readonly string[] {
  const { status, finalPositionSize = '0', finalOrderId, finalSl, finalTp, advisoryId, reconciliationReport } = result;
  const filled = order?.filledSize ?? 0;
  if (status === 'REJECTED') return order === undefined ? [] : ['rejected, and the broker was called'];
  if (order === undefined)
    return filled === 0 && finalPositionSize === '0' ? [] : ['filled, and the broker has no order'];
  const isToldOf = cases.some((known) => known.advisoryId === advisoryId);
  const isOpen = order.state === 'pending' || order.state === 'partially_filled';
  const unless = (holds: boolean, sentence: string): readonly string[] => (holds ? [] : [sentence]);
  return [
    ...unless(
      String(filled) === finalPositionSize || isToldOf,
      `position ${finalPositionSize}, the broker filled ${filled}`,
    ),
    ...unless(!['FILLED', 'EXECUTED_FULL_LATE'].includes(status) || filled === 100, `the broker filled ${filled}`),
    ...unless(status !== 'FAILED' || (filled === 0 && !isOpen), `failed, and the broker has it ${order.state}`),
    ...unless(finalOrderId === undefined || finalOrderId === order.brokerOrderId, `it names order ${finalOrderId}`),
    ...unless(!isOpen || isToldOf, 'the order is still open, and no case says so'),
    ...unless(filled === 0 || hasLegs(order) || isToldOf, `${filled} are held without protection, and no case says so`),
    ...unless(
      finalSl === undefined || finalSl === order.legs?.stopLoss,
      `SL ${finalSl}, the broker has ${order.legs?.stopLoss}`,
    ),
    ...unless(
      finalTp === undefined || finalTp === order.legs?.takeProfit,
      `TP ${finalTp}, the broker has ${order.legs?.takeProfit}`,
    ),
    ...unless(
      reconciliationReport?.status !== 'MATCHED' || (!isOpen && (filled === 0 || hasLegs(order))) || isToldOf,
      'reported as matched, and it is not',
    ),
  ];
}
