/**
 * Whether an advisory was sent before, by an engine whose journal is gone (A9, S1): its order has the same id, and the broker may
 * still know it when nothing is open any more. Venues that take an id again once its order is over would buy twice.
 *
 * 1. Asked beside the other questions before an order, so it costs a call and no time; only while the journal is young: by then
 *    advisories that an earlier one knew have expired, or have been handed in again.
 * 2. An order that is found closes the gate and has a case. A venue that does not answer keeps nothing up: it is said once.
 * 3. A journal that does not outlive the process has nothing to lose.
 */
import { observedOrder } from '../actors/broker-calls.js';
import { callBroker } from '../actors/calls.js';
import type { CaseRegister } from '../actors/cases.js';
import type { CallDeadlines } from '../domain/limits.js';
import type { BrokerAdapter, BrokerCapabilities, Clock, Journal, OrderRequest } from '../domain/ports.js';
import { mismatch } from '../domain/reconciliation.js';
import type { OpenedJournal } from '../journal/open-journal.js';
import type { Recorder } from '../journal/recorder.js';
import type { KnownPast } from './known-past.js';
import type { Switchboard } from './switchboard.js';

/** From the first record of a journal on. */
export const YOUNG_JOURNAL_MS = 24 * 3_600_000;

/** So many look-ups in a row without an answer, and none is made any more: a venue that never answers costs their time no longer. */
const MOST_UNANSWERED = 3;

export interface UsedIdsParts {
  readonly broker: BrokerAdapter;
  readonly capabilities: BrokerCapabilities;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly deadlines: CallDeadlines;
  readonly cases: Pick<CaseRegister, 'raise'>;
  readonly board: Pick<Switchboard, 'closeGateOnce'>;
  readonly recorder: Pick<Recorder, 'say'>;
}

/** Looks the order up under its id; resolves when what is found has been told. `undefined` where nothing is to be looked up. */
export function usedIds(
  parts: UsedIdsParts,
  { lookup }: OpenedJournal,
  past: KnownPast,
): ((order: OrderRequest) => Promise<void> | undefined) | undefined {
  const { broker, capabilities, journal, clock, deadlines } = parts;
  if (!journal.durable || !capabilities.lookupByClientId) return undefined;
  const youngUntil = beganAt(lookup, past, clock.now()) + YOUNG_JOURNAL_MS;
  let isSaid = false;
  let unanswered = 0;

  async function lookUp(order: OrderRequest): Promise<void> {
    const { clientOrderId, symbol } = order;
    const ref = { clientOrderId, symbol };
    const outcome = await callBroker(clock, deadlines.statusMs, (signal) => broker.getOrderStatus(ref, signal));
    const seen = observedOrder(outcome, ref);
    unanswered = seen.kind === 'failed' ? unanswered + 1 : 0;
    if (seen.kind === 'report') {
      const { status, cumQty } = seen.report;
      tell(parts, { clientOrderId, symbol, was: `${status}, ${cumQty} filled` });
    } else if (seen.kind === 'failed' && !isSaid) {
      isSaid = true;
      const what = { broker: broker.name, cause: seen.cause };
      parts.recorder.say('warn', what, 'orders cannot be looked up: one that an earlier journal knew would not show');
    }
  }

  return (order) => (clock.now() < youngUntil && unanswered < MOST_UNANSWERED ? lookUp(order) : undefined);
}

interface Used {
  readonly clientOrderId: string;
  readonly symbol: string;
  readonly was: string;
}

function tell({ broker, journal, cases, board }: UsedIdsParts, { clientOrderId, symbol, was }: Used): void {
  board.closeGateOnce(
    `An earlier journal is lost, or another engine trades on this account: ${broker.name} knows the order ${clientOrderId} (${symbol}: ${was}), and the journal ${journal.name} does not`,
  );
  const message = `Expected no order ${clientOrderId}, which the journal has never sent; broker knows it: ${was}`;
  const mismatches = [mismatch('STRAY_ORDER', 'none', was, message)];
  void cases.raise({ kind: 'STRAY_ORDER', symbol, mismatches });
}

/** When the journal began. One whose first record is not at hand is old. */
function beganAt(lookup: OpenedJournal['lookup'], past: KnownPast, now: number): number {
  if (!past.isThere) return now;
  try {
    const [first] = lookup.records(1, 1);
    return first === undefined ? 0 : Date.parse(first.wall);
  } catch {
    return 0;
  }
}
