/**
 * What must hold whenever an engine was killed, and in the end. Pure: from what is known to the sentences that say what is broken.
 */
import { canonicalJson } from '../../src/domain/canonical.js';
import { type Case, type CaseFact, withCaseFact } from '../../src/domain/cases.js';
import { type JournalRecord, verifyChain } from '../../src/domain/journal.js';
import type { ExecutionResult } from '../../src/domain/result.js';
import { replayExecution } from '../../src/journal/replay.js';
import { brokenOutsideLaws, brokenSending, type OutsideView, ownersOf } from '../../src/testing/laws/outside-laws.js';
import type { BrokerTruth } from './broker.process.js';

export interface Known extends BrokerTruth {
  readonly records: readonly JournalRecord[];
  /** Advisories that a caller was told are durable. */
  readonly durable: ReadonlySet<string>;
  /** Every result that was handed out, also repeatedly. */
  readonly results: readonly ExecutionResult[];
}

/** Laws that hold at any time. */
export function brokenNow(known: Known): readonly string[] {
  return [
    ...chainBroken(known),
    ...brokenSending(viewOf(known)).map(({ law, why }) => `${law}: ${why}`),
    ...forgotten(known),
    ...changedResults(known),
  ];
}

/** … and those that hold when every execution has come to its end. */
export function brokenInTheEnd(known: Known): readonly string[] {
  const results = new Map(known.results.map((result) => [result.advisoryId, result]));
  const lost = [...known.durable]
    .filter((id) => !results.has(id))
    .map((id) => `A6: ${id} was durable and has no result`);
  const disagreeing = brokenOutsideLaws(viewOf(known)).map(({ law, why }) => `${law}: ${why}`);
  const unfaithful = [...results.values()]
    .filter(({ advisoryId }) => replayExecution(known.records, advisoryId)?.verdict !== 'equal')
    .map(({ advisoryId }) => `A3: the replay of ${advisoryId} is not the result that was handed out`);
  const onRecord = cancelsOnRecord(known.records);
  const unheard = [...new Set(onRecord)]
    .filter((id) => (known.cancels[id] ?? 0) < onRecord.filter((each) => each === id).length)
    .map((id) => `A4: ${id}: a cancel_requested is on record that the broker never received`);
  return [...chainBroken(known), ...brokenNow(known), ...unheard, ...lost, ...disagreeing, ...unfaithful];
}

/** The order of each `cancel_requested` on record: one for each call that was made. */
export const cancelsOnRecord = (records: readonly JournalRecord[]): readonly string[] =>
  records
    .flatMap(({ audit }) => audit.filter(({ event }) => event === 'cancel_requested'))
    .map(({ details }) => String(details['clientOrderId']));

/** What the laws that every test judges are held against. */
export const viewOf = ({ orders, refused, records, results }: Omit<Known, 'cancels'>): OutsideView => ({
  orders,
  refused,
  records,
  results: [...new Map(results.map((result) => [result.advisoryId, result])).values()],
  cases: casesOf(records),
  // Nothing is pushed, and a finished entry is not asked for again: a changed price comes to nobody's ears.
  wasTold: (id) => orders.some(({ clientOrderId, corrected }) => clientOrderId === id && corrected?.kind === 'bust'),
});

/** A broker that was not let run in time, on a machine that is busy: no fault of the engine's. */
const BUSY_MACHINE = /no answer within|is not protected/;

/** Executions whose two sides agree in truth, and whose report says that they do not: safe, and a nuisance. */
export function falseAlarms({ records, orders, results }: Known): readonly string[] {
  const owners = ownersOf(records);
  const orderOf = new Map(orders.map((order) => [owners.get(order.clientOrderId)?.advisoryId, order]));
  return results
    .filter((result) => {
      const order = orderOf.get(result.advisoryId);
      const isSound =
        order?.state === 'filled' ? isCovered(order) : order?.state === 'cancelled' && order.filled === '0';
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

const casesOf = (records: readonly JournalRecord[]): readonly Case[] =>
  records
    .filter(({ stream }) => stream === 'case')
    .reduce<readonly Case[]>((cases, { fact }) => withCaseFact(cases, fact as unknown as CaseFact), []);

const isCovered = ({ held, stopLoss, takeProfit, corrected }: BrokerTruth['orders'][number]): boolean =>
  corrected === undefined && [stopLoss, takeProfit].every((leg) => leg?.isWorking === true && leg.leaves === held);
