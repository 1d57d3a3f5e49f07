/**
 * What the handlers work with.
 */
import type { Clock } from '../../domain/ports.js';
import type { KillSwitch } from '../../index.js';
import type { Account } from '../accounts/account.js';
import type { Accounts } from '../accounts/accounts.js';
import type { AccessEntry } from '../api/system.js';
import type { Hub } from '../events/hub.js';
import type { TwoPersonRule } from '../security/two-person.js';
import type { Starts } from '../starts.js';
import type { Views } from '../views/views.js';

export interface HandlerParts {
  readonly clock: Clock;
  readonly version: string;
  readonly accounts: Accounts;
  readonly views: Views;
  readonly hub: Hub;
  readonly starts: Starts;
  readonly killSwitch: () => KillSwitch | undefined;
  readonly twoPerson: TwoPersonRule;
  readonly isDraining: () => boolean;
  readonly hasTokens: () => boolean;
  readonly access: () => readonly AccessEntry[];
  readonly metrics: () => Promise<{ readonly text: string; readonly contentType: string }>;
  readonly openApi: () => string;
  readonly docsPage: () => string;
  readonly events: {
    readonly bufferBytes: number;
    readonly maxListeners: number;
    readonly heartbeatMs: number;
    readonly tooSlow: Buffer;
    readonly onDropped: () => void;
  };
}

/** Why an account takes nothing new, in one sentence; none when it does. */
export function whyNotReady({ isDraining }: HandlerParts, account: Account): string | undefined {
  if (isDraining()) return 'The service is going down and takes nothing new.';
  const problems = account.problems();
  return problems.length === 0 ? undefined : problems.join(' ');
}
