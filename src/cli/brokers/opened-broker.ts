import type { BrokerAdapter, Clock } from '../../domain/ports.js';
import type { LimitOptions } from '../../domain/risk-limits.js';
import type { OperatorAction } from '../run/operator.js';
import type { AdvisoryLine } from '../run/read-advisories.js';
import type { Environment } from '../world.js';
import type { Config } from './config-file.js';

/** What a broker is opened with. */
export interface BrokerRequest {
  readonly configPath?: string | undefined;
  /** What the config says, where it has been read already. */
  readonly given?: Config | undefined;
  /** `--live` was given. */
  readonly live: boolean;
  /** Nothing will be traded: what the broker has to tell is left for those who do. */
  readonly looksOnly?: boolean;
  readonly clock: Clock;
  /** Where the keys are. */
  readonly env: Environment;
  /** Told in one sentence what an operator must see. */
  readonly warn: (sentence: string) => void;
  /** For the paper broker without a config: it trades what is asked for. */
  readonly advisories: readonly AdvisoryLine[];
}

/** A broker that has been made; nothing has been sent yet. */
export interface OpenedBroker {
  readonly broker: BrokerAdapter;
  /** Limits before the order that the config has; the engine judges them. */
  readonly limits?: LimitOptions;
  readonly operator: readonly OperatorAction[];
  /** One phrase on where it is and where its settings are from. */
  readonly about: string;
  /** What is said loudly before anything is sent; there exactly when real money is at stake. */
  readonly stakes?: string;
}
