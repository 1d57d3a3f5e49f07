/**
 * The objects on Restate that executions share: the gate, the advisories, the ledger.
 *
 * 1. Exclusive handlers change, one at a time; shared handlers read.
 * 2. Each decides by a pure fold; what it returns says what was refused and why, and throws nothing.
 * 3. An advisory is known for ever: after Restate has forgotten the workflow, its id still runs no second time (S1, E1).
 */
import * as restate from '@restatedev/restate-sdk';
import type { NewCase, Resolution } from '../actors/cases.js';
import type { SwitchRelease, SwitchSetting } from '../actors/kill-switch.js';
import { canonicalJson, sha256 } from '../domain/canonical.js';
import { GENESIS_HASH, type JournalRecord } from '../domain/journal.js';
import type { ExecutionResult } from '../domain/result.js';
import type { ReachedLimit } from '../engine/risk-halt.js';
import type { ExecutionInput } from '../machines/execution.facts.js';
import {
  allCases,
  type GateFacts,
  type GateOutcome,
  type GateReading,
  type GateStanding,
  haltRisk,
  NO_FACTS,
  NOTHING_STANDS,
  raiseCase,
  readGate,
  readingSince,
  releaseSwitch,
  resolveCase,
  setSwitch,
  standingOf,
  switchHistory,
} from './gate.js';
import type { Claim, KnownAdvisory, LedgerEntry } from './kept.js';
import type { LogObject } from './log-object.js';
import { ADVISORIES, ALL, EXECUTION, GATE, LEDGER, LOG, runKey } from './names.js';
import { OBJECT_OPTIONS } from './retry.js';

type Exclusive = restate.ObjectContext;
type Shared = restate.ObjectSharedContext;
type Answer<T = void> =
  | { readonly value?: T }
  | { readonly refused: { readonly code: string; readonly message: string } };

const factsOf = async (ctx: Shared): Promise<GateFacts> => (await ctx.get<GateFacts>('facts')) ?? NO_FACTS;

async function change<T>(
  ctx: Exclusive,
  apply: (facts: GateFacts, now: number) => Promise<GateOutcome<T>>,
): Promise<Answer<T>> {
  // Side by side: each is a question to Restate, and who sets a switch waits for it.
  const now = ctx.date.now();
  const outcome = await apply(await factsOf(ctx), await now);
  if ('refused' in outcome) return outcome;
  ctx.set('facts', outcome.facts);
  ctx.set('standing', standingOf(outcome.facts));
  if (outcome.news.length > 0) ctx.objectSendClient<LogObject>({ name: LOG }, ALL).append(outcome.news);
  return { value: outcome.value };
}

export const gateObject = restate.object({
  name: GATE,
  handlers: {
    set: (ctx: Exclusive, setting: SwitchSetting) => change(ctx, (facts, now) => setSwitch(facts, setting, now)),
    release: (ctx: Exclusive, given: SwitchRelease) => change(ctx, (facts, now) => releaseSwitch(facts, given, now)),
    /** A limit is reached: `RISK_LIMIT`, unless it stands for this limit already (G3). */
    halt: (ctx: Exclusive, limit: ReachedLimit) => change(ctx, (facts, now) => haltRisk(facts, limit, now)),
    raise: (ctx: Exclusive, found: NewCase) => change(ctx, (facts, now) => raiseCase(facts, found, now)),
    resolve: (ctx: Exclusive, given: { caseId: string; by: Resolution }) =>
      change(ctx, (facts, now) => resolveCase(facts, given, now)),
    /** Asked for many times a second: all that there ever was is read by a worker that is new. */
    read: restate.handlers.object.shared(async (ctx: Shared, since: number): Promise<GateReading> => {
      const standing = (await ctx.get<GateStanding>('standing')) ?? NOTHING_STANDS;
      return readingSince(standing, since ?? 0) ?? readGate(await factsOf(ctx), since ?? 0);
    }),
    history: restate.handlers.object.shared(async (ctx: Shared) => switchHistory(await factsOf(ctx))),
    cases: restate.handlers.object.shared(async (ctx: Shared) => allCases(await factsOf(ctx))),
  },
  // Nothing is sent to a worker that it does not ask for.
  options: { ...OBJECT_OPTIONS, enableLazyState: true },
});
export type GateObject = typeof gateObject;

const INPUT_AS_JSON: restate.Serde<ExecutionInput> = {
  contentType: 'application/json',
  serialize: (input) => new TextEncoder().encode(JSON.stringify(input)),
  deserialize: (bytes) => JSON.parse(new TextDecoder().decode(bytes)),
};

const knownOf = (ctx: Shared): Promise<KnownAdvisory | null> => ctx.get<KnownAdvisory>('known');

/** Refused before anything left the process: such an advisory may be run once more (E1). */
const neverLeft = ({ result }: KnownAdvisory): boolean => result?.status === 'REJECTED' && result.attempts.length === 0;

export const advisoriesObject = restate.object({
  name: ADVISORIES,
  handlers: {
    async claim(ctx: Exclusive, { input, again }: { input: ExecutionInput; again?: boolean }): Promise<Claim> {
      const known = await knownOf(ctx);
      if (known !== null && known.snapshotHash !== input.snapshotHash) {
        return { kind: 'conflict', snapshotHash: known.snapshotHash };
      }
      const mayBegin = known === null || (again === true && neverLeft(known));
      if (!mayBegin) {
        const { run, result } = known;
        return result === undefined ? { kind: 'running', run } : { kind: 'finished', run, result };
      }
      const run = (known?.run ?? 0) + 1;
      const { snapshotHash, clientOrderId } = input;
      ctx.set('known', { snapshotHash, clientOrderId, run } satisfies KnownAdvisory);
      ctx.genericSend({
        service: EXECUTION,
        method: 'run',
        key: runKey(input.advisoryId, run),
        parameter: input,
        inputSerde: INPUT_AS_JSON,
      });
      return { kind: 'begun', run };
    },
    async finish(ctx: Exclusive, done: { result: ExecutionResult; records: readonly JournalRecord[] }) {
      const known = await knownOf(ctx);
      if (known !== null) ctx.set('known', { ...known, ...done });
    },
    view: restate.handlers.object.shared((ctx: Shared) => knownOf(ctx)),
  },
  options: OBJECT_OPTIONS,
});
export type AdvisoriesObject = typeof advisoriesObject;

export const ledgerObject = restate.object({
  name: LEDGER,
  handlers: {
    async append(ctx: Exclusive, entry: Omit<LedgerEntry, 'seq' | 'hash'>) {
      const end = (await ctx.get<{ seq: number; hash: string }>('end')) ?? { seq: 0, hash: GENESIS_HASH };
      const unchained = { seq: end.seq + 1, ...entry };
      const hash = sha256(`${end.hash}\n${canonicalJson(unchained)}`);
      ctx.set(`entry-${unchained.seq}`, { ...unchained, hash });
      ctx.set('end', { seq: unchained.seq, hash });
    },
    end: restate.handlers.object.shared(
      async (ctx: Shared) => (await ctx.get<{ seq: number; hash: string }>('end')) ?? { seq: 0, hash: GENESIS_HASH },
    ),
    /** Entries from `since` on, at most 1,000. */
    entries: restate.handlers.object.shared(async (ctx: Shared, since: number) => {
      const { seq } = (await ctx.get<{ seq: number }>('end')) ?? { seq: 0 };
      const last = Math.min(seq, (since ?? 0) + 1_000);
      const entries: LedgerEntry[] = [];
      for (let next = (since ?? 0) + 1; next <= last; next += 1) {
        const entry = await ctx.get<LedgerEntry>(`entry-${next}`);
        if (entry !== null) entries.push(entry);
      }
      return entries;
    }),
  },
  options: OBJECT_OPTIONS,
});
export type LedgerObject = typeof ledgerObject;

export const theGate = { name: GATE, key: ALL } as const;
