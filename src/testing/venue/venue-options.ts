/** What a venue is told beforehand. */
import type { Clock } from '../../domain/ports.js';
import type { OrderPlan } from './venue-plan.js';
import type { PlannedOrder } from './venue-requests.js';
import type { KnownInstruments, VenueProfile } from './venue-rules.js';

/** What the model of a venue takes. @beta @since 0.1.0 */
export interface VenueOptions {
  readonly clock: Clock;
  /** {@link PLAIN_PROFILE} by default. */
  readonly profile?: VenueProfile;
  /** Symbols that are traded; any symbol, with no rules, when absent. */
  readonly instruments?: KnownInstruments;
  /** Last price of each symbol. */
  readonly prices?: Readonly<Record<string, string>>;
  /** What the account holds of each asset before anything happens; `USD` is the money of a margin account. */
  readonly balances?: Readonly<Record<string, string>>;
  /** Net positions before anything happens. */
  readonly positions?: Readonly<Record<string, string>>;
  /** What becomes of an order; asked once, when it is taken. */
  readonly plan?: (order: PlannedOrder) => OrderPlan;
  /** The venue's wall clock less the client's at the start, in ms. */
  readonly clockOffsetMs?: number;
}

export const VENUE_OPTIONS = Object.keys({
  clock: true,
  profile: true,
  instruments: true,
  prices: true,
  balances: true,
  positions: true,
  plan: true,
  clockOffsetMs: true,
} satisfies Record<keyof VenueOptions, true>);
