/**
 * What an adapter's author hands over to have an adapter checked.
 */
import type { BrokerAdapter } from '../../domain/ports.js';
import type { VenuePowers } from './venue-powers.js';

/**
 * What a case needs the broker to do. `any` is a broker of which nothing more is known than that it is there.
 *
 * `fills`: market orders are filled at once, in full. `rests`: they stay open until cancelled. `fills-partly`: some of the
 * quantity is filled, the rest stays open. `rejects`: they are refused for good. `submit-hangs`: the submit call is not
 * answered, whether or not the order was taken. `query-hangs`: the query of an order is not answered.
 */
export const SITUATIONS = ['any', 'fills', 'rests', 'fills-partly', 'rejects', 'submit-hangs', 'query-hangs'] as const;
/** A situation that the conformance cases ask for, such as a market that rejects. @public @since 0.1.0 */
export type Situation = (typeof SITUATIONS)[number];

/** A broker in a situation, new and flat. @public @since 0.1.0 */
export interface ConformanceSubject {
  readonly broker: BrokerAdapter;
  /** Lets so many ms pass; real time when absent. */
  readonly wait?: (ms: number) => Promise<void>;
  /** Makes the push stream lose its connection for a moment. Without it the case of the gap is skipped. */
  readonly cutPush?: () => void | Promise<void>;
  /** Lets the market trade at a price, so that exits go off. Without it the cases of exits that go off are skipped. */
  readonly moveTo?: (price: string) => void | Promise<void>;
  /** What the venue can be made to do beside the good day. Without a power its cases are skipped. */
  readonly venue?: VenuePowers;
  /** Called when the case is over. */
  readonly end?: () => void | Promise<void>;
}

/** Makes a broker for one case; the situation is one of those that the options name. @public @since 0.1.0 */
export type MakeBroker = (
  situation: Situation,
) => BrokerAdapter | ConformanceSubject | Promise<BrokerAdapter | ConformanceSubject>;

/** What {@link conformBroker} takes. Prices and sizes are decimal strings. @public @since 0.1.0 */
export interface ConformanceOptions {
  /** A symbol that can be traded. */
  readonly symbol: string;
  /** A symbol that the broker does not know; `NO-SUCH-SYMBOL` by default. */
  readonly unknownSymbol?: string;
  /** Size of the orders; the lot size times 10 by default. Must be at least two lots. */
  readonly quantity?: string;
  /** SL and TP of a buy, far enough from the market to rest; by default 10 % below and above the fill, on the tick. */
  readonly exits?: { readonly stopLoss: string; readonly takeProfit: string };
  /** What orders are filled at, on average, where the stand-in for the broker is known to fill at it. */
  readonly expectedPrice?: string;
  /** What `makeBroker` can make; all by default. Cases that need another are skipped, and say so. */
  readonly situations?: readonly Situation[];
  /** Cases that do not apply, by id, each with a reason. */
  readonly skip?: Readonly<Record<string, string>>;
  /** Longest time for an answer, a fill or a cancel, in ms; 2000 by default. */
  readonly boundMs?: number;
  /**
   * Listens for promises that reject unheard; without it the case of these is skipped. Returns how to stop. Whatever is
   * heard while a case runs fails it.
   */
  readonly onUnhandledRejection?: (listener: (cause: unknown) => void) => () => void;
  /** Listens for what is thrown outside any call, as in a timer: it fails the case that runs. Returns how to stop. */
  readonly onUncaughtException?: (listener: (cause: unknown) => void) => () => void;
}

/** `makeBroker` made something else than a broker: no case can tell anything. */
export class SubjectError extends TypeError {
  override readonly name = 'SubjectError';
}

/** @throws {SubjectError} for what is neither an adapter nor an object around one */
export function subjectOf(made: unknown, situation: Situation): ConformanceSubject {
  if (isAdapter(made)) return { broker: made };
  if (typeof made === 'object' && made !== null && 'broker' in made && isAdapter(made.broker))
    return made as ConformanceSubject;
  throw new SubjectError(
    `makeBroker('${situation}') returned ${what(made)}; wanted is an adapter, or { broker } with an adapter.`,
  );
}

const isAdapter = (made: unknown): made is BrokerAdapter =>
  typeof made === 'object' && made !== null && 'submitOrder' in made && typeof made.submitOrder === 'function';

function what(made: unknown): string {
  if (typeof made !== 'object' || made === null) return String(made);
  if ('broker' in made) return 'a broker without submitOrder';
  return `an object with ${Object.keys(made).join(', ') || 'nothing'} in it`;
}
