/**
 * The first look at the broker from an empty journal (A9): orders with ids of this engine speak for a journal that is lost.
 * Orders and positions of others prove nothing, and are left alone.
 */
import { callBroker } from '../actors/calls.js';
import type { CaseRegister } from '../actors/cases.js';
import type { CallDeadlines } from '../domain/limits.js';
import type { BrokerAdapter, Clock, Journal } from '../domain/ports.js';
import { mismatch } from '../domain/reconciliation.js';
import { isOwnOrderId } from '../domain/snapshot.js';
import type { Recorder } from '../journal/recorder.js';
import type { Switchboard } from './switchboard.js';

export interface FirstLook {
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

/** Orders that the gate's reason names. */
const MOST_NAMED = 3;

/** Resolves with whether something speaks for a lost journal. */
export async function lookForLostJournal(parts: FirstLook): Promise<boolean> {
  const { broker, journal, clock, deadlines, cases, board, recorder } = parts;
  if (broker.getOpenOrders === undefined) return false;
  const ask = (signal: AbortSignal) => broker.getOpenOrders?.(signal) ?? Promise.resolve([]);
  const outcome = await callBroker(clock, deadlines.positionsMs, ask);
  if (outcome.kind !== 'answered' || !Array.isArray(outcome.value)) {
    const cause = outcome.kind === 'answered' ? 'unreadable answer' : outcome.cause;
    recorder.say(
      'warn',
      { broker: broker.name, cause },
      'open orders cannot be looked at: a lost journal would not show',
    );
    return false;
  }
  const own = outcome.value.map(readOrder).filter((order) => order !== undefined);
  if (own.length === 0) return false;
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
  return true;
}

function readOrder(row: unknown): OwnOrder | undefined {
  const { clientOrderId, symbol } = (typeof row === 'object' && row !== null ? row : {}) as Record<string, unknown>;
  if (typeof clientOrderId !== 'string' || !isOwnOrderId(clientOrderId)) return undefined;
  return { clientOrderId, ...(typeof symbol === 'string' && { symbol }) };
}
