/**
 * Looks at what nobody tells: whether accounts are ready, whether their journals can be written to, how fast brokers answer.
 */
import type { Clock } from '../domain/ports.js';
import { isoTime } from '../domain/time.js';
import type { Account } from './accounts/account.js';
import type { Hub } from './events/hub.js';
import { ofJournal } from './notifications/notification.js';
import type { Webhooks } from './notifications/webhooks.js';

export interface Watchman {
  stop(): void;
}

const LOOK_MS = 500;
/** Looks between two tellings of how fast a broker answers. */
const LATENCY_LOOKS = 10;

export function watchman(accounts: readonly Account[], hub: Hub, hooks: Webhooks, clock: Clock): Watchman {
  const seen = new Map<string, string>();
  const failed = new Set<string>();
  const latencies = new Map<string, number>();
  let looks = 0;
  let timer: unknown;
  let isStopped = false;

  function tellLatency(one: Account): void {
    const latencyMs = Math.round(one.health.latencyMs ?? 0);
    if (latencies.get(one.name) === latencyMs) return;
    latencies.set(one.name, latencyMs);
    hub.changed('account', one);
  }

  function look(): void {
    looks += 1;
    for (const one of accounts) {
      if (looks % LATENCY_LOOKS === 0) tellLatency(one);
      const problems = one.problems().join(' ');
      if (seen.get(one.name) !== problems) hub.changed('account', one);
      seen.set(one.name, problems);
      const failure = one.engine?.metrics().journalFailure;
      if (failure === undefined) failed.delete(one.name);
      else if (!failed.has(one.name)) {
        failed.add(one.name);
        hooks.tell(ofJournal(one.name, isoTime(clock.now()), failure));
      }
    }
    if (!isStopped) timer = clock.setTimeout(look, LOOK_MS);
  }

  look();
  return {
    stop() {
      isStopped = true;
      clock.clearTimeout(timer);
    },
  };
}
