import type { Clock, Journal } from 'fillchart';
import type { AccountOptions } from 'fillchart/service';
import type { FaultBroker, FaultBrokerOptions, OrderScript } from 'fillchart/testing';

export interface DemoParts {
  readonly faultBroker: (options: FaultBrokerOptions) => FaultBroker;
  readonly memoryJournal: () => Journal;
  readonly clock: Clock;
  /** Of the accounts; one, `paper`, by default. */
  readonly names?: readonly string[];
  /** What becomes of orders of a symbol, where it is to be something else. */
  readonly script?: (symbol: string) => OrderScript | undefined;
}

export declare function demoAccounts(parts: DemoParts): readonly AccountOptions[];
export declare function playDemo(url: string, headers?: Readonly<Record<string, string>>): Promise<void>;
