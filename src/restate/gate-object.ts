/**
 * The gate as an object on Restate: what stands, and nothing else, so that a change is one message to a worker and one back.
 *
 * 1. Exclusive handlers change, one at a time; shared handlers read.
 * 2. Each decides by a pure fold; what it returns says what was refused and why, and throws nothing.
 * 3. A change carries the time of whoever makes it; none is put before the one that came before it.
 */
import * as restate from '@restatedev/restate-sdk';
import type { NewCase, Resolution } from '../actors/cases.js';
import type { SwitchRelease, SwitchSetting } from '../actors/kill-switch.js';
import type { Case } from '../domain/cases.js';
import { type Aliases, type SwitchChange, type SwitchView, stateFor } from '../domain/kill-switch.js';
import { epochMs } from '../domain/time.js';
import type { ReachedLimit } from '../engine/risk-halt.js';
import { UNNAMED } from '../engine/switchboard.js';
import {
  allCases,
  caseNumber,
  type GateOutcome,
  type GateReading,
  type GateStanding,
  haltRisk,
  isStanding,
  NOTHING_STANDS,
  raiseCase,
  readGate,
  releaseSwitch,
  resolveCase,
  setSwitch,
  switchHistory,
} from './gate.js';
import { isNamed, notationsOf } from './gate-names.js';
import type { LogObject } from './log-object.js';
import { ALL, GATE, LOG, PAGES } from './names.js';
import { keyOf, type PagedKind, pageKey, pageOf } from './pages.js';
import type { PagesObject } from './pages-object.js';
import { OBJECT_OPTIONS } from './retry.js';

type Exclusive = restate.ObjectContext;
type Shared = restate.ObjectSharedContext;
type Answer<T = void> =
  | { readonly value?: T }
  | { readonly refused: { readonly code: string; readonly message: string } };

/** Asked for, and when: engine ms of the front. */
export interface Asked<T> {
  readonly asked: T;
  readonly at: number;
}

const standingOf = async (ctx: Shared): Promise<GateStanding> =>
  (await ctx.get<GateStanding>('standing')) ?? NOTHING_STANDS;

const page = (ctx: Exclusive, kind: PagedKind, number: number) =>
  ctx.objectSendClient<PagesObject>({ name: PAGES }, keyOf(kind, number));

async function change<T>(
  ctx: Exclusive,
  at: number,
  apply: (standing: GateStanding, now: number) => Promise<GateOutcome<T>>,
): Promise<Answer<T>> {
  const before = await standingOf(ctx);
  const latest = before.latest.at(-1);
  const outcome = await apply(before, Math.max(at, latest === undefined ? 0 : epochMs(latest.time)));
  if ('refused' in outcome) return outcome;
  const { standing, changed, news, value } = outcome;
  ctx.set('standing', standing);
  for (const [number, each] of changed.switches) page(ctx, 'switches', number).put([{ number, value: each }]);
  for (const each of changed.cases) {
    const number = caseNumber(each.caseId);
    page(ctx, 'cases', number).put([{ number, value: each }]);
  }
  if (news.length > 0) ctx.objectSendClient<LogObject>({ name: LOG }, ALL).append(news);
  return { value };
}

/** All rows up to a number, from the first page on. */
async function rowsOf<T>(ctx: Shared, kind: PagedKind, last: number): Promise<readonly T[]> {
  const rows: T[] = [];
  for (let number = 0; last > 0 && number <= pageOf(last); number += 1) {
    const kept = await ctx.objectClient<PagesObject>({ name: PAGES }, pageKey(kind, number)).all();
    rows.push(...kept.map(({ value }) => value as T));
  }
  return rows;
}

/** A case that was resolved long ago. */
async function olderCase(ctx: Exclusive, caseId: string): Promise<Case | undefined> {
  const number = caseNumber(caseId);
  if (number === 0 || isStanding(await standingOf(ctx), caseId)) return undefined;
  const [row] = await ctx.objectClient<PagesObject>({ name: PAGES }, keyOf('cases', number)).from(number);
  return row?.number === number ? (row.value as Case) : undefined;
}

/** @param aliases other notations of a symbol; absent where the broker tells none */
export function gateHandlers(aliases?: Aliases) {
  async function set(ctx: Exclusive, { asked, at }: Asked<SwitchSetting>): Promise<Answer> {
    const isKnown = asked.state === 'OFF' || (await isNamed(ctx, aliases, asked.target));
    const { type, target, state } = asked;
    if (!isKnown && aliases === undefined) ctx.console.warn(UNNAMED, { type, target, state });
    const names = aliases === undefined ? {} : { isKnown };
    return change(ctx, at, (standing, now) => setSwitch(standing, asked, now, names));
  }

  async function release(ctx: Exclusive, { asked, at }: Asked<SwitchRelease>): Promise<Answer> {
    const symbols = [...new Set((await standingOf(ctx)).openCases.map(({ symbol }) => symbol ?? ''))];
    const notations = await notationsOf(ctx, aliases, asked.target, symbols);
    return change(ctx, at, (standing, now) => releaseSwitch(standing, asked, now, { aliases: notations }));
  }

  async function resolve(ctx: Exclusive, { asked, at }: Asked<{ caseId: string; by: Resolution }>): Promise<Answer> {
    const older = await olderCase(ctx, asked.caseId);
    return change(ctx, at, (standing, now) => resolveCase(standing, { ...asked, older }, now));
  }

  return {
    ...{ set, release, resolve },
    /** A limit is reached: `RISK_LIMIT`, unless it stands for this limit already (G3). */
    halt: async (ctx: Exclusive, limit: ReachedLimit) =>
      change(ctx, await ctx.date.now(), (standing, now) => haltRisk(standing, limit, now)),
    raise: async (ctx: Exclusive, found: NewCase) =>
      change(ctx, await ctx.date.now(), (standing, now) => raiseCase(standing, found, now)),
    read: async (ctx: Shared, since: number): Promise<GateReading> => readGate(await standingOf(ctx), since ?? 0),
    /** As an order of the symbol finds it, by every notation (K9). */
    state: async (ctx: Shared, symbol: string | null): Promise<SwitchView['state']> =>
      stateFor((await standingOf(ctx)).switches, symbol ?? undefined, aliases),
    async history(ctx: Shared): Promise<readonly SwitchChange[]> {
      const standing = await standingOf(ctx);
      const older = standing.epoch - standing.latest.length;
      return switchHistory(await rowsOf<SwitchChange>(ctx, 'switches', older), standing);
    },
    async cases(ctx: Shared): Promise<readonly Case[]> {
      const standing = await standingOf(ctx);
      return allCases(await rowsOf<Case>(ctx, 'cases', standing.cases), standing);
    },
  };
}

export function gateObject(aliases?: Aliases) {
  const { read, state, history, cases, ...changes } = gateHandlers(aliases);
  const { shared } = restate.handlers.object;
  return restate.object({
    name: GATE,
    handlers: { ...changes, read: shared(read), state: shared(state), history: shared(history), cases: shared(cases) },
    options: OBJECT_OPTIONS,
  });
}
export type GateObject = ReturnType<typeof gateObject>;
