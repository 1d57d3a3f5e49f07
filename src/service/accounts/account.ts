/**
 * One account: a broker, a journal and the engine over them, as the service sees it.
 *
 * 1. An account that cannot be opened is told among the problems of the service; the others go on.
 * 2. It is ready when its broker is connected, its journal writable and its start sweep over. Nothing new is taken before.
 * 3. A start sweep that found no broker is made up for as soon as there is one.
 */

import { memoryJournal } from '../../adapters/journals/memory.js';
import type { RecordLookup } from '../../domain/journal-index.js';
import type { BrokerAdapter, Clock, Journal, Logger } from '../../domain/ports.js';
import { causeOf } from '../../domain/reading.js';
import type { LimitOptions } from '../../domain/risk-limits.js';
import type { FrozenSnapshot } from '../../domain/snapshot.js';
import { createEngine, type Engine, type EngineOptions, type SharedKillSwitch } from '../../index.js';
import { type BrokerCall, observedBroker } from '../../telemetry/observed-broker.js';
import { type BrokerHealth, brokerHealth } from './broker-health.js';
import { lookedUpJournal } from './looked-up-journal.js';

/** What an account is made of. @beta @since 0.1.0 */
export interface AccountOptions {
  /** 1 to 64 letters, digits, `-`, `_` or `.`; unique in the service. */
  readonly name: string;
  /** The broker of its engine; absent where a `host` runs its executions. */
  readonly broker?: BrokerAdapter;
  /** Where its executions run instead: `restateHost` of `fillchart/restate`. It keeps journal, kill switches and limits itself. */
  readonly host?: AccountHost;
  /** In memory by default, and then lost with the process. */
  readonly journal?: Journal;
  readonly limits?: LimitOptions | undefined;
  /** Real money; false by default. */
  readonly live?: boolean;
  /** One phrase on where the broker is. */
  readonly about?: string;
  /** Further options of its engine. */
  readonly engine?: Omit<EngineOptions, 'broker' | 'journal' | 'clock' | 'logger' | 'limits' | 'killSwitch'>;
  /** Told of an advisory before the engine is: the market of a paper account learns its symbol. */
  readonly onAdvisory?: (snapshot: FrozenSnapshot) => void;
}

/** Executions that run elsewhere, in the words of an engine. @beta @since 0.1.0 */
export interface AccountHost {
  /** Told where other accounts tell their broker. */
  readonly name: string;
  open(parts: { readonly clock: Clock; readonly logger: Logger | false }): Promise<{
    readonly engine: Engine;
    readonly lookup: RecordLookup;
    /** Ms since it answered last. */
    silentMs(): number;
  }>;
}

export interface AccountParts {
  readonly clock: Clock;
  readonly logger: Logger | false;
  /** The switches that all accounts share; asked for when it is opened. */
  readonly killSwitch: () => SharedKillSwitch | undefined;
  /** Why no account takes anything new. */
  readonly heldBy: () => string | undefined;
  readonly probeMs: number;
  readonly lostAfterMs: number;
  readonly onCall: (account: string, call: BrokerCall) => void;
  readonly onCommit: (account: string, durationMs: number) => void;
  readonly onBroker: (account: string, connected: boolean, problem: string | undefined) => void;
}

export interface Account {
  readonly name: string;
  readonly options: AccountOptions;
  /** Absent until it is open, and when it cannot be. */
  readonly engine: Engine | undefined;
  readonly health: BrokerHealth;
  /** The records of its journal. */
  lookup(): RecordLookup;
  /** Number of the last audit line that became durable in this process; 0 before the first. */
  durableSeq(): number;
  /** Why it takes nothing now, a sentence each; none when it is ready. */
  problems(): readonly string[];
  open(): Promise<void>;
  /** When it could not be opened, and is tried again: resolves when it is. */
  readonly later?: Promise<void> | undefined;
  /** Ends it; live executions are waited for up to `drainMs`. */
  close(drainMs: number): Promise<void>;
}

/** An account whose engine is there. */
export interface OpenAccount extends Account {
  readonly engine: Engine;
}

const RETRY_SWEEP_MS = 1_000;

/** An account with an engine in this process. */
export function account(options: AccountOptions, given: BrokerAdapter, parts: AccountParts): Account {
  const { clock, logger, killSwitch, heldBy, probeMs, lostAfterMs, onCall, onCommit, onBroker } = parts;
  const { name } = options;
  let engine: Engine | undefined;
  let failure: string | undefined;
  let isClosed = false;
  let retry: unknown;
  const health = brokerHealth({
    clock,
    probeMs,
    lostAfterMs,
    onChange: (connected, problem) => onBroker(name, connected, problem),
  });
  const broker = observedBroker(given, clock, (call) => {
    health.saw(call);
    onCall(name, call);
  });

  const { journal, lookup, durableSeq } = lookedUpJournal(options.journal ?? memoryJournal(), clock, (durationMs) =>
    onCommit(name, durationMs),
  );

  /** Without a sweep at the start nobody knows whether the broker holds what the journal says. */
  function makeUp(): void {
    if (isClosed || engine === undefined || engine.metrics().startSweep === 'over') return;
    retry = clock.setTimeout(() => {
      const isDue = engine?.metrics().startSweep === 'failed';
      void (isDue ? engine?.sweep().catch(() => undefined) : Promise.resolve())?.then(makeUp);
    }, RETRY_SWEEP_MS);
  }

  async function open(): Promise<void> {
    try {
      const shared = killSwitch();
      engine = await createEngine({
        ...options.engine,
        broker,
        journal,
        ...(options.limits !== undefined && { limits: options.limits }),
        ...(shared !== undefined && { killSwitch: shared }),
        clock,
        logger,
      });
      health.watch(broker);
      makeUp();
    } catch (error) {
      failure = causeOf(error);
      throw error;
    }
  }

  return {
    name,
    options,
    health,
    lookup,
    durableSeq,
    get engine() {
      return engine;
    },
    problems() {
      if (failure !== undefined) return [`Account ${name} could not be opened: ${failure.replace(/\.$/, '')}.`];
      if (engine === undefined) return [`Account ${name} is being opened.`];
      if (isClosed) return [`Account ${name} is closed.`];
      const { startSweep, journalFailure } = engine.metrics();
      const held = heldBy();
      return [
        ...(held === undefined ? [] : [held]),
        ...(health.connected ? [] : [`Account ${name}: ${health.problem ?? 'the broker is not connected'}.`]),
        ...(journalFailure === undefined
          ? []
          : [`Account ${name}: the journal cannot be written to: ${journalFailure}.`]),
        ...(startSweep === 'over' ? [] : [`Account ${name}: the sweep at the start is not over.`]),
      ];
    },
    open,
    async close(drainMs) {
      isClosed = true;
      health.stop();
      clock.clearTimeout(retry);
      await engine?.close({ drainMs });
    },
  };
}
