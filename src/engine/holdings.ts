/**
 * What this engine holds in each symbol, as far as the journal knows (M3, B7).
 *
 * 1. A position that its exits have closed counts for nothing, and takes no memory.
 * 2. What was there before the first order is part of what is expected to be there.
 */
import { add, type Decimal, isZero, negate, sum, ZERO } from '../domain/decimal.js';
import type { Side } from '../domain/ports.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import { type ProtectionContext, restOf } from '../machines/protection.context.js';

export interface Holdings {
  /** The execution is over; the oldest of a symbol tells what was there before. */
  noteBaseline(context: ExecutionContext): void;
  /** What the entry still holds. */
  set(context: ProtectionContext): void;
  /** Signed; without what a person has accepted since. */
  expected(symbol: string): Decimal;
  /** Signed, by the entry's `clientOrderId`; those that hold nothing are left out. */
  heldIn(symbol: string): ReadonlyMap<string, Decimal>;
  /** Symbols in which something is known. */
  symbols(): readonly string[];
  state(): HoldingsState;
  restore(state: HoldingsState): void;
}

export interface HoldingsState {
  /** What was there before the first execution of a symbol. */
  readonly baselines: Readonly<Record<string, { readonly startedAt: number; readonly baseline: Decimal }>>;
  /** By symbol and `clientOrderId`, signed. */
  readonly held: Readonly<Record<string, Readonly<Record<string, Decimal>>>>;
}

export const signed = (side: Side, quantity: Decimal): Decimal => (side === 'buy' ? quantity : negate(quantity));

/** What the entry holds now, signed: negative of its side when its exits closed too much. */
export const heldBy = (context: ProtectionContext): Decimal =>
  signed(context.side, add(restOf(context), context.unprotectedQuantity));

const NOTHING: ReadonlyMap<string, Decimal> = new Map();

export function holdings(): Holdings {
  const baselines = new Map<string, { readonly startedAt: number; readonly baseline: Decimal }>();
  const held = new Map<string, Map<string, Decimal>>();

  return {
    noteBaseline({ attempts, startedAt, baseline, snapshot: { symbol } }) {
      if (attempts.length === 0) return;
      const known = baselines.get(symbol);
      if (known === undefined || startedAt < known.startedAt) baselines.set(symbol, { startedAt, baseline });
    },
    set(context) {
      const { symbol, clientOrderId } = context;
      const inSymbol = held.get(symbol) ?? new Map<string, Decimal>();
      held.set(symbol, inSymbol);
      const now = heldBy(context);
      if (isZero(now)) inSymbol.delete(clientOrderId);
      else inSymbol.set(clientOrderId, now);
    },
    expected: (symbol) => sum([baselines.get(symbol)?.baseline ?? ZERO, ...(held.get(symbol)?.values() ?? [])]),
    heldIn: (symbol) => held.get(symbol) ?? NOTHING,
    symbols: () => [...new Set([...baselines.keys(), ...held.keys()])],
    state: () => ({
      baselines: Object.fromEntries(baselines),
      held: Object.fromEntries(
        [...held].filter(([, of]) => of.size > 0).map(([key, of]) => [key, Object.fromEntries(of)]),
      ),
    }),
    restore(state) {
      for (const [symbol, known] of Object.entries(state.baselines)) baselines.set(symbol, known);
      for (const [symbol, of] of Object.entries(state.held)) held.set(symbol, new Map(Object.entries(of)));
    },
  };
}
