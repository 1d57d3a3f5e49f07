/**
 * The first look at the broker from an empty journal (A9): orders with ids of this engine speak for a journal that is lost.
 * Orders and positions of others prove nothing, and are left alone.
 *
 * Where the journal is to outlive the process, nothing new is sent before the look is answered: no answer is never read as
 * "nothing is there" (M4). It is made again for each advisory that would be the first.
 */
import type { Observable } from 'rxjs';
import { callBroker } from '../actors/calls.js';
import type { CaseRegister } from '../actors/cases.js';
import { type CallDeadlines, HARD_TIMEOUT_MS, LATE_FILL_WINDOW_MS, WHOLE_CALL_MS } from '../domain/limits.js';
import type { BrokerAdapter, Clock, Journal } from '../domain/ports.js';
import { mismatch } from '../domain/reconciliation.js';
import { isOwnOrderId } from '../domain/snapshot.js';
import type { Recorder } from '../journal/recorder.js';
import type { Switchboard } from './switchboard.js';

interface FirstLook {
  readonly broker: BrokerAdapter;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly deadlines: CallDeadlines;
  readonly cases: Pick<CaseRegister, 'raise'>;
  readonly board: Pick<Switchboard, 'closeGate'>;
  readonly recorder: Pick<Recorder, 'say'>;
}

interface OwnOrder {
  readonly clientOrderId: string;
  readonly symbol?: string;
}

/** From now on, an order that was on its way when the journal was lost may fill, and its fill be answered for, ms (T1, T2). */
const LAST_FILL_MS = HARD_TIMEOUT_MS + LATE_FILL_WINDOW_MS + WHOLE_CALL_MS;

/**
 * What the lost journal knew may have been on its way to the broker when all was compared: once it can fill no more, all is
 * compared once more.
 *
 * @param closing$ completes when the engine is closed
 */
export function compareOnceMore(clock: Clock, closing$: Observable<unknown>, compare: () => Promise<unknown>): void {
  const timer = clock.setTimeout(() => void compare().catch(() => undefined), LAST_FILL_MS);
  closing$.subscribe({ complete: () => clock.clearTimeout(timer) });
}

/** Orders that the gate's reason names. */
const MOST_NAMED = 3;

interface LostJournalLook {
  /** Looks, or waits for the look that is under way. Resolves with whether something speaks for a lost journal. */
  look(): Promise<boolean>;
  /** Resolves once nothing stands in the way of a first order; looks again when that is not so. @throws {Error} says what does */
  answered(): Promise<void>;
}

/** @param onFound a later look than the one at the start has found something */
export function lostJournalLook(parts: FirstLook, onFound: () => void): LostJournalLook {
  let under: Promise<Finding> | undefined;
  const look = (): Promise<Finding> => {
    under ??= lookForLostJournal(parts).then((finding) => {
      if (finding === 'not answered') under = undefined;
      return finding;
    });
    return under;
  };
  return {
    look: async () => (await look()) === 'lost',
    async answered() {
      if (!parts.journal.durable || parts.broker.getOpenOrders === undefined) return;
      const isFirst = under === undefined;
      const finding = await look();
      if (finding === 'lost' && isFirst) onFound();
      if (finding === 'not answered') throw new Error(`its open orders cannot be looked at, ${WHY_LOOK}`);
    },
  };
}

const WHY_LOOK = 'and the journal is empty: whether an earlier one is lost is not known';

type Finding = 'lost' | 'nothing' | 'not answered';

async function lookForLostJournal(parts: FirstLook): Promise<Finding> {
  const { broker, journal, clock, deadlines, cases, board, recorder } = parts;
  if (broker.getOpenOrders === undefined) return 'nothing';
  const ask = (signal: AbortSignal) => broker.getOpenOrders?.(signal) ?? Promise.resolve([]);
  const outcome = await callBroker(clock, deadlines.positionsMs, ask);
  if (outcome.kind !== 'answered' || !Array.isArray(outcome.value)) {
    const cause = outcome.kind === 'answered' ? 'unreadable answer' : outcome.cause;
    recorder.say(
      'warn',
      { broker: broker.name, cause },
      'open orders cannot be looked at: a lost journal would not show',
    );
    return 'not answered';
  }
  const own = outcome.value.map(readOrder).filter((order) => order !== undefined);
  if (own.length === 0) return 'nothing';
  const named = own
    .slice(0, MOST_NAMED)
    .map(({ clientOrderId, symbol = 'symbol unknown' }) => `${clientOrderId} (${symbol})`);
  const others = own.length > named.length ? ` and ${own.length - named.length} more` : '';
  board.closeGate(
    `An earlier journal is lost, or another engine trades on this account: the journal ${journal.name} is empty, and ${broker.name} holds orders of this engine: ${named.join(', ')}${others}`,
  );
  for (const { clientOrderId, symbol } of own) {
    if (symbol === undefined) continue;
    const message = `Expected no open order ${clientOrderId}, found it open in broker`;
    void cases.raise({ kind: 'STRAY_ORDER', symbol, mismatches: [mismatch('STRAY_ORDER', 'none', 'open', message)] });
  }
  return 'lost';
}

function readOrder(row: unknown): OwnOrder | undefined {
  const { clientOrderId, symbol } = (typeof row === 'object' && row !== null ? row : {}) as Record<string, unknown>;
  if (typeof clientOrderId !== 'string' || !isOwnOrderId(clientOrderId)) return undefined;
  return { clientOrderId, ...(typeof symbol === 'string' && { symbol }) };
}
