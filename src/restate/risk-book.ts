/**
 * What the operator's limits count over all workers (G1, G3): plain JSON, judged by the very gate that one process uses.
 *
 * 1. A place is reserved before an order is sent, and counts until it is known whether the order was: no two workers see the
 *    same free room.
 * 2. It is bounded by what is live and open, a minute of submit calls and the symbols of one day.
 */
import type { AuditEntry } from '../domain/audit.js';
import { type Decimal, maximum } from '../domain/decimal.js';
import type { Aliases } from '../domain/kill-switch.js';
import { notionalOf } from '../domain/risk-limits.js';
import type { Refusal } from '../domain/validation.js';
import type { CheckedRisk } from '../engine/limit-options.js';
import { type RiskCountersState, riskCounters } from '../engine/risk-counters.js';
import { type OpenRisk, type RiskCounted, type RiskGate, type RiskOrder, riskGate } from '../engine/risk-gate.js';
import type { ReachedLimit } from '../engine/risk-halt.js';

interface LiveRisk {
  readonly symbol: string;
  readonly notional: Decimal;
  /** A place for a submit call of which nobody knows yet whether it was made. Engine ms. */
  readonly reservedAt?: number;
  /** A submit call was made. */
  readonly isSent?: true;
}

export interface HeldRisk {
  readonly symbol: string;
  /** Absent: it has no price. */
  readonly notional?: Decimal;
}

export interface RiskBook {
  readonly counters: RiskCountersState;
  /** By `clientOrderId`: executions before their result. */
  readonly live: Readonly<Record<string, LiveRisk>>;
  /** By `clientOrderId`: positions that are not known to be closed. */
  readonly held: Readonly<Record<string, HeldRisk>>;
}

export const EMPTY_RISK: RiskBook = Object.freeze({ counters: { submits: [], ofDay: {} }, live: {}, held: {} });

/** What a book is judged by. */
export interface RiskRules {
  readonly risk: Pick<CheckedRisk, 'limits'>;
  readonly aliases: Aliases;
}

/** Whether there is room for an order. */
export interface Room {
  readonly refusal?: Refusal;
  /** For the host program's veto. */
  readonly counted: RiskCounted;
}

/** A book after a change, and the limits that it has reached. */
export interface RiskOutcome {
  readonly book: RiskBook;
  readonly reached: readonly ReachedLimit[];
}

/** Asks for room; where there is some it is taken. */
export function reserved(book: RiskBook, rules: RiskRules, order: RiskOrder, now: number): Room & RiskOutcome {
  const { gate } = judge(book, rules, now, order.clientOrderId);
  const refusal = gate.lookAt(order)();
  const counted = gate.counted(order);
  if (refusal !== undefined) return { refusal, counted, book, reached: [] };
  const { clientOrderId, snapshot, marketPrice } = order;
  const known = book.live[clientOrderId];
  const planned = notionalOf(snapshot, marketPrice);
  const notional = known === undefined ? planned : maximum(planned, known.notional);
  const entry: LiveRisk = { ...known, symbol: snapshot.symbol, notional, reservedAt: now };
  return { counted, book: withLive(book, clientOrderId, entry), reached: [] };
}

/** What became of the place: the submit call was made, or was not. */
export function settled(book: RiskBook, rules: RiskRules, id: string, isSent: boolean, now: number): RiskOutcome {
  const known = book.live[id];
  if (known?.reservedAt === undefined) return { book, reached: [] };
  const { reservedAt, ...entry } = known;
  if (!isSent) {
    const rest = entry.isSent === true ? withLive(book, id, entry) : left(book, id);
    return { book: rest, reached: [] };
  }
  const sent = withLive(book, id, { ...entry, isSent: true });
  const { gate, counters, reached } = judge(sent, rules, now);
  counters.heed([{ event: 'order_submitted', details: { symbol: known.symbol } }], reservedAt);
  gate.submitted(known.symbol);
  return { book: { ...sent, counters: counters.state() }, reached };
}

/** What has been filled changes what the order may come to. */
export function marked(book: RiskBook, id: string, notional: Decimal): RiskBook {
  const known = book.live[id];
  return known === undefined ? book : withLive(book, id, { ...known, notional });
}

/** The execution is over, and leaves a position or none. */
export const overNow = (book: RiskBook, id: string, position: HeldRisk | undefined): RiskBook =>
  holding(left(book, id), id, position);

/** What a position is worth now; `undefined`: it is closed. */
export function holding(book: RiskBook, id: string, position: HeldRisk | undefined): RiskBook {
  const { [id]: _before, ...held } = book.held;
  return { ...book, held: position === undefined ? held : { ...held, [id]: position } };
}

/** Exits have filled: counted, and held against the bound of the day. */
export function realised(book: RiskBook, rules: RiskRules, audit: readonly AuditEntry[], now: number): RiskOutcome {
  const { gate, counters, reached } = judge(book, rules, now);
  counters.heed(audit, now);
  gate.heed(audit);
  return { book: { ...book, counters: counters.state() }, reached };
}

const withLive = (book: RiskBook, id: string, entry: LiveRisk): RiskBook => ({
  ...book,
  live: { ...book.live, [id]: entry },
});

function left(book: RiskBook, id: string): RiskBook {
  const { [id]: _gone, ...live } = book.live;
  return { ...book, live };
}

interface Judge {
  readonly gate: RiskGate;
  readonly counters: ReturnType<typeof riskCounters>;
  readonly reached: ReachedLimit[];
}

/** @param own whose own reservation does not count against it */
function judge(book: RiskBook, { risk, aliases }: RiskRules, now: number, own?: string): Judge {
  const counters = riskCounters();
  counters.restore(book.counters);
  // Places that are taken count as submit calls; what is kept is `book.counters` and what is known to be made.
  const taken = riskCounters();
  taken.restore(book.counters);
  for (const [id, { symbol, reservedAt }] of Object.entries(book.live)) {
    if (reservedAt === undefined || id === own) continue;
    taken.heed([{ event: 'order_submitted', details: { symbol } }], reservedAt);
  }
  const reached: ReachedLimit[] = [];
  const gate = riskGate({
    ...{ limits: risk.limits, preTrade: undefined, aliases, time: () => now },
    board: {
      haltRisk: (limit, reason, target) => void reached.push({ limit, reason, target }),
      riskChangedAt: () => undefined,
    },
    live: () => Object.entries(book.live).map(riskOf),
    positions: () => Object.entries(book.held).map(riskOf),
    counters: own === undefined ? counters : taken,
  });
  return { gate, counters, reached };
}

const riskOf = ([clientOrderId, { symbol, notional }]: readonly [string, LiveRisk | HeldRisk]): OpenRisk => ({
  clientOrderId,
  symbol,
  notional: () => notional,
});
