/**
 * An account whose executions run elsewhere: the service shows them, and hands over what it is told to do.
 *
 * 1. It is tried to be opened until it is: what it shows is there, it is only not to be had now.
 * 2. It is ready while its host answers.
 */
import type { RecordLookup } from '../../domain/journal-index.js';
import { causeOf } from '../../domain/reading.js';
import { recordIndex } from '../../domain/record-index.js';
import type { Account, AccountHost, AccountOptions, AccountParts } from './account.js';

const RETRY_MS = 1_000;

export function hostedAccount(options: AccountOptions, host: AccountHost, parts: AccountParts): Account {
  const { clock, logger, lostAfterMs, onBroker } = parts;
  const { name } = options;
  const nothing: RecordLookup = recordIndex();
  let opened: Awaited<ReturnType<AccountHost['open']>> | undefined;
  let failure: string | undefined;
  let wasConnected: boolean | undefined;
  let isClosed = false;
  let timer: unknown;
  let later: Promise<void> | undefined;

  const problem = (): string | undefined => {
    if (opened === undefined) return failure ?? `${host.name} has not answered yet`;
    const silent = opened.silentMs();
    return silent <= lostAfterMs ? undefined : `${host.name} has not answered for ${Math.round(silent)} ms`;
  };

  /** Tells when it is lost, and when it is back. */
  function look(): void {
    const now = problem() === undefined;
    if (now !== wasConnected && (now || wasConnected !== undefined)) onBroker(name, now, problem());
    wasConnected = now;
    if (!isClosed) timer = clock.setTimeout(look, RETRY_MS);
  }

  async function openOnce(): Promise<void> {
    try {
      opened = await host.open({ clock, logger });
      look();
    } catch (error) {
      failure = causeOf(error);
      throw error;
    }
  }

  async function openAtLast(): Promise<void> {
    while (!isClosed && opened === undefined) {
      await new Promise<void>((resolve) => {
        timer = clock.setTimeout(resolve, RETRY_MS);
      });
      if (!isClosed) await openOnce().catch(() => undefined);
    }
  }

  return {
    name,
    options,
    health: {
      get connected() {
        return problem() === undefined;
      },
      get problem() {
        return problem();
      },
      latencyMs: undefined,
      saw: () => undefined,
      watch: () => undefined,
      stop: () => undefined,
    },
    lookup: () => opened?.lookup ?? nothing,
    // What it is told stands in its host's log.
    durableSeq: () => Number.MAX_SAFE_INTEGER,
    get engine() {
      return opened?.engine;
    },
    problems() {
      if (isClosed) return [`Account ${name} is closed.`];
      const why = problem();
      return why === undefined ? [] : [`Account ${name}: ${why}.`];
    },
    get later() {
      return later;
    },
    open: () =>
      openOnce().catch((error: unknown) => {
        later = openAtLast();
        throw error;
      }),
    async close(drainMs) {
      isClosed = true;
      clock.clearTimeout(timer);
      await opened?.engine.close({ drainMs });
    },
  };
}
