/** What the fault broker is told beforehand. */
import { requireOptions } from '../domain/option-names.js';
import { requireClock } from '../domain/option-values.js';
import type { BrokerCapabilities, Clock, Instrument, OrderRequest, Quote } from '../domain/ports.js';
import type { BrokerMethod, Fault, OrderScript } from './fault-script.js';
import { FAULT_WORDS, isFault } from './fault-script.js';

/** What {@link faultBroker} takes. @public @since 0.1.0 */
export interface FaultBrokerOptions {
  readonly clock: Clock;
  /** By symbol, or for every order alike. */
  readonly script?: OrderScript | ((order: OrderRequest) => OrderScript);
  /** Faults by method; a function is asked at each call, with the count of calls so far (from 1). */
  readonly faults?: { readonly [Method in BrokerMethod]?: Fault | ((call: number) => Fault | undefined) };
  readonly instruments?: Readonly<Record<string, Instrument | 'unknown_symbol'>>;
  readonly capabilities?: Partial<BrokerCapabilities>;
  /** Net positions before anything happens. */
  readonly positions?: Readonly<Record<string, string>>;
  /** Margin check is offered, and answers this. */
  readonly margin?: 'ok' | { readonly refused: string };
  /** A look at the exits beforehand is offered (V10), and answers this. */
  readonly exitsAllowed?: 'ok' | { readonly refused: string };
  /** Quotes are offered, by symbol. */
  readonly quotes?: Readonly<Record<string, Quote>>;
  /** The list of open orders is offered. */
  readonly openOrders?: boolean;
  /** Other notations of a symbol are offered. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
  readonly capacity?: (inFlight: number) => number;
  /** Every event at the venue is pushed as a report, beside what the scripts push. */
  readonly tells?: boolean;
  /** What is told as the broker's id of an order that is pending (`NONE`): no id. */
  readonly placeholderId?: string;
  /** Reports name each fill with its id. */
  readonly tellsFills?: boolean;
  /** Part of each fill that goes off as fee, in what the order receives: `0.001`. */
  readonly feeRate?: string;
}

const NAMES = Object.keys({
  clock: true,
  script: true,
  faults: true,
  instruments: true,
  capabilities: true,
  positions: true,
  margin: true,
  exitsAllowed: true,
  quotes: true,
  openOrders: true,
  aliases: true,
  capacity: true,
  tells: true,
  placeholderId: true,
  tellsFills: true,
  feeRate: true,
} satisfies Record<keyof FaultBrokerOptions, true>);

/** @throws {FillchartError} `INVALID_OPTION` */
export function checkFaultBroker(options: FaultBrokerOptions): void {
  requireOptions('faultBroker', options, NAMES);
  requireClock('clock', options.clock);
  assertFaults(options);
}

/** A misspelt fault would be no fault at all, and the test that scripts it would prove nothing. */
function assertFaults({ faults = {} }: FaultBrokerOptions): void {
  for (const [method, fault] of Object.entries(faults)) {
    if (fault === undefined || typeof fault === 'function' || isFault(fault)) continue;
    throw new RangeError(
      `faults.${method} is ${JSON.stringify(fault)}; accepted is ${FAULT_WORDS}, or a function of the call.`,
    );
  }
}
