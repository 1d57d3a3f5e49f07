/**
 * What an adapter's author hands over to have an adapter checked.
 */
import type { BrokerAdapter } from '../../domain/ports.js';

/**
 * What a case needs the broker to do. `any` is a broker of which nothing more is known than that it is there.
 *
 * `fills`: market orders are filled at once, in full. `rests`: they stay open until cancelled. `fills-partly`: some of the
 * quantity is filled, the rest stays open. `rejects`: they are refused for good. `submit-hangs`: the submit call is not
 * answered. `query-hangs`: the query of an order is not answered.
 */
export const SITUATIONS = ['any', 'fills', 'rests', 'fills-partly', 'rejects', 'submit-hangs', 'query-hangs'] as const;
export type Situation = (typeof SITUATIONS)[number];

/** A broker in a situation, new and flat. */
export interface ConformanceSubject {
  readonly broker: BrokerAdapter;
  /** Lets so many ms pass; real time when absent. */
  readonly wait?: (ms: number) => Promise<void>;
  /** Makes the push stream lose its connection for a moment. Without it the case of the gap is skipped. */
  readonly cutPush?: () => void | Promise<void>;
  /** Called when the case is over. */
  readonly end?: () => void | Promise<void>;
}

/** Makes a broker for one case; the situation is one of those that the options name. */
export type MakeBroker = (
  situation: Situation,
) => BrokerAdapter | ConformanceSubject | Promise<BrokerAdapter | ConformanceSubject>;

export interface ConformanceOptions {
  /** A symbol that can be traded. */
  readonly symbol: string;
  /** A symbol that the broker does not know; `NO-SUCH-SYMBOL` by default. */
  readonly unknownSymbol?: string;
  /** Size of the orders; the lot size times 10 by default. Must be at least two lots. */
  readonly quantity?: string;
  /** SL and TP of a buy, far enough from the market to rest; by default 10 % below and above the fill, on the tick. */
  readonly exits?: { readonly stopLoss: string; readonly takeProfit: string };
  /** What `makeBroker` can make; all by default. Cases that need another are skipped, and say so. */
  readonly situations?: readonly Situation[];
  /** Cases that do not apply, by id, each with a reason. */
  readonly skip?: Readonly<Record<string, string>>;
  /** Longest time for an answer, a fill or a cancel, in ms; 2000 by default. */
  readonly boundMs?: number;
  /** Listens for promises that reject unheard; without it the case of these is skipped. Returns how to stop. */
  readonly onUnhandledRejection?: (listener: (cause: unknown) => void) => () => void;
}

export const subjectOf = (made: BrokerAdapter | ConformanceSubject): ConformanceSubject =>
  'submitOrder' in made ? { broker: made } : made;
