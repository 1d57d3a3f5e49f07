/**
 * The way in for programs: the same words as those of an engine, carried to the workers by Restate.
 *
 * 1. One execution per advisory, whatever is sent, from wherever and however often (S1, E1).
 * 2. A switch that is set is set when the promise resolves: no reading of the gate that is older can send an order any more.
 * 3. Few advisories are handed over at once, the others wait here: a switch, or a question, never waits behind a crowd of them.
 * 4. `execute` resolves with a result for whatever a broker, a snapshot or the clock can do; it rejects when Restate cannot
 *    be reached, and can then be called again.
 */

import type { Resolution } from '../actors/cases.js';
import type { SwitchRelease, SwitchSetting } from '../actors/kill-switch.js';
import type { Case } from '../domain/cases.js';
import type { JournalRecord } from '../domain/journal.js';
import type { SwitchChange, SwitchView } from '../domain/kill-switch.js';
import { requireOptions } from '../domain/option-names.js';
import { requireClock, requireUrl, requireWhole } from '../domain/option-values.js';
import type { Clock } from '../domain/ports.js';
import { FillchartError, type ReasonCode } from '../domain/reasons.js';
import type { ExecutionResult } from '../domain/result.js';
import type { FrozenSnapshot, SnapshotInput } from '../domain/snapshot.js';
import type { SweepReport } from '../engine/sweep.js';
import { conflicting, inputOf, isRegistered } from '../machines/advisory.js';
import type { ExecutionInput } from '../machines/execution.facts.js';
import type { PositionView } from '../views/position-view.js';
import type { GateReading } from './gate.js';
import type { Asked } from './gate-object.js';
import { gateOf } from './gate-view.js';
import { type Ingress, IngressError, ingress } from './ingress.js';
import type { Claim, KnownAdvisory, LedgerEntry } from './kept.js';
import { newLife } from './life.js';
import { ADVISORIES, ALL, EXECUTION, EXITS, GATE, LEDGER, PAGES, runKey, SWEEPS } from './names.js';
import { keyOf } from './pages.js';
import type { PageRow } from './pages-object.js';
import { type HostSettings, hostSettings } from './settings.js';
import { turnstile } from './turnstile.js';

/** What {@link restateFront} is made from. @beta @since 0.1.0 */
export interface RestateFrontOptions {
  /** Restate's ingress, such as `http://127.0.0.1:8080`. */
  readonly ingressUrl: string;
  readonly clock: Clock;
  /** As the workers have them. */
  readonly settings?: Partial<HostSettings>;
  /** Longest wait for one answer of Restate, ms: 10,000. Results are waited for by as many answers as it takes. */
  readonly callLimitMs?: number;
}

/** The words of an engine, carried to the workers by Restate. @beta @since 0.1.0 */
export interface RestateFront {
  execute(snapshot: FrozenSnapshot | SnapshotInput, options?: { readonly again?: boolean }): Promise<ExecutionResult>;
  /** What is known of an advisory; its records once it is done. */
  advisory(advisoryId: string): Promise<KnownAdvisory | undefined>;
  records(advisoryId: string): Promise<readonly JournalRecord[]>;
  position(clientOrderId: string): Promise<PositionView | undefined>;
  readonly killSwitch: {
    set(change: SwitchSetting): Promise<void>;
    release(change: SwitchRelease): Promise<void>;
    stateFor(symbol?: string): Promise<SwitchView['state']>;
    switches(): Promise<readonly SwitchView[]>;
    history(): Promise<readonly SwitchChange[]>;
  };
  readonly cases: {
    open(): Promise<readonly Case[]>;
    all(): Promise<readonly Case[]>;
    resolve(caseId: string, by: Resolution): Promise<void>;
  };
  /** Compares orders and positions at the broker with what is known, and opens cases; it corrects nothing (M3). */
  sweep(): Promise<SweepReport>;
  /** Entries of the ledger after number `since`, at most 1,000. */
  ledger(since?: number): Promise<readonly LedgerEntry[]>;
}

/** Makes the way in for programs; nothing is sent before the first call. @beta @since 0.1.0 */
export function restateFront(options: RestateFrontOptions): RestateFront {
  requireOptions('restateFront', options, ['ingressUrl', 'clock', 'settings', 'callLimitMs']);
  const { clock, callLimitMs = 10_000 } = options;
  requireUrl('ingressUrl', options.ingressUrl);
  requireClock('clock', clock);
  requireWhole('callLimitMs', callLimitMs, 1);
  const settings = hostSettings(options.settings);
  const way: Ingress = ingress(options.ingressUrl, clock);
  const handingOver = turnstile(MOST_HANDED_OVER);
  const asked = <T>(what: T): Asked<T> => ({ asked: what, at: Math.floor(clock.now()) });
  const gate = <T>(handler: string, body?: unknown) => way.call<T>(GATE, ALL, handler, body, callLimitMs);

  async function execute(raw: unknown, given?: { readonly again?: boolean }): Promise<ExecutionResult> {
    const input = inputOf(raw);
    if (!isRegistered(input)) return refused(input);
    const claim = await claimed(input, given?.again === true);
    if (claim.kind === 'conflict') return refused(conflicting(input));
    if (claim.kind === 'finished') return claim.result;
    return resultOf(input.advisoryId, claim.run);
  }

  async function claimed(input: ExecutionInput & { readonly advisoryId: string }, again: boolean): Promise<Claim> {
    const leave = await handingOver.enter();
    try {
      return await way.call<Claim>(ADVISORIES, input.advisoryId, 'claim', { input, again }, callLimitMs);
    } finally {
      leave();
    }
  }

  /** What cannot be read or named is refused by the chart here, like by any host; nothing leaves for it. */
  async function refused(input: ExecutionInput): Promise<ExecutionResult> {
    const life = newLife(input);
    const reading = await gate<GateReading>('read', 0);
    const seen = gateOf({ clock, settings, aliases: () => [] }, reading, input.snapshot.symbol);
    life.take({ type: 'START', at: Math.floor(clock.now()), gate: seen, advisory: input });
    const { result } = life.context;
    if (result === undefined) throw new Error(`${input.advisoryId} was expected to be refused`);
    return result;
  }

  /** Waits by calls of bounded length; a workflow that Restate has forgotten has its result at the advisory. */
  async function resultOf(advisoryId: string, run: number): Promise<ExecutionResult> {
    for (;;) {
      try {
        return await way.attach<ExecutionResult>(EXECUTION, runKey(advisoryId, run), ATTACH_LIMIT_MS);
      } catch (error) {
        if (!(error instanceof IngressError)) throw error;
        const known = await advisory(advisoryId).catch(() => undefined);
        if (known?.result !== undefined && known.run === run) return known.result;
        await new Promise<void>((resolve) => clock.setTimeout(resolve, RETRY_MS));
      }
    }
  }

  async function advisory(advisoryId: string): Promise<KnownAdvisory | undefined> {
    return (await way.call<KnownAdvisory | null>(ADVISORIES, advisoryId, 'view', null, callLimitMs)) ?? undefined;
  }

  async function ledger(since = 0): Promise<readonly LedgerEntry[]> {
    const entries: LedgerEntry[] = [];
    for (let next = since + 1; entries.length < MOST_ENTRIES; next = since + entries.length + 1) {
      const key = keyOf(LEDGER, next);
      const rows = await way.call<readonly PageRow<LedgerEntry>[]>(PAGES, key, 'from', next, callLimitMs);
      if (rows.length === 0) break;
      entries.push(...rows.map(({ value }) => value));
    }
    return entries.slice(0, MOST_ENTRIES);
  }

  /** The change, and then the greatest age that a reading of the gate can have when an order leaves (K5). */
  async function changeSwitch(handler: 'set' | 'release', change: SwitchSetting | SwitchRelease): Promise<void> {
    accepted(await gate<Answer>(handler, asked(change)));
    await new Promise<void>((resolve) => clock.setTimeout(resolve, settings.gateAgeMs));
  }

  const switches = async () => (await gate<GateReading>('read', Number.MAX_SAFE_INTEGER)).switches;

  return {
    execute,
    advisory,
    records: async (advisoryId) => (await advisory(advisoryId))?.records ?? [],
    position: async (clientOrderId) =>
      (await way.call<PositionView | null>(EXITS, clientOrderId, 'view', null, callLimitMs)) ?? undefined,
    killSwitch: {
      set: (change) => changeSwitch('set', change),
      release: (change) => changeSwitch('release', change),
      stateFor: (symbol) => gate('state', symbol ?? null),
      switches,
      history: () => gate('history'),
    },
    cases: {
      open: async () => (await gate<GateReading>('read', Number.MAX_SAFE_INTEGER)).openCases,
      all: () => gate('cases'),
      resolve: async (caseId, by) => accepted(await gate<Answer>('resolve', asked({ caseId, by }))),
    },
    sweep: () => way.call(SWEEPS, ALL, 'run', null, SWEEP_LIMIT_MS),
    ledger,
  };
}

interface Answer {
  readonly refused?: { readonly code: ReasonCode; readonly message: string };
}

function accepted({ refused }: Answer): void {
  if (refused !== undefined) throw new FillchartError(refused.code, refused.message);
}

/** Advisories that are handed to Restate at once. */
const MOST_HANDED_OVER = 6;
/** Entries of the ledger in one answer. */
const MOST_ENTRIES = 1_000;
const SWEEP_LIMIT_MS = 120_000;
const ATTACH_LIMIT_MS = 60_000;
const RETRY_MS = 500;
