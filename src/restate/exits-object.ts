/**
 * The exits of one position on Restate, after the result (B7): the third chart, asked for by slow polls.
 *
 * 1. An object and no workflow: each look is an invocation of its own, so that its journal stays small however long a
 *    position is open.
 * 2. The chart's state is the fold of the facts, which are all that is kept.
 * 3. Polls follow one another by a delayed message with a number; a message with an old number is dropped, and so is a deadline
 *    that another has taken the place of. One that comes late is told as a restart first: nobody has looked in between.
 * 4. An exit is absent when twice, with some time between, neither its id nor the open orders showed it (M4).
 * 5. What is told of a fill that was taken as fact is first a case, then a fact of the chart (P8, T5).
 */
import * as restate from '@restatedev/restate-sdk';
import { isAskedAgain, withoutTold } from '../actors/exit-cases.js';
import type { AuditEntry } from '../domain/audit.js';
import { exitSide } from '../domain/bracket.js';
import { toldOf } from '../domain/cases.js';
import { add, isZero, sum, ZERO } from '../domain/decimal.js';
import type { ExitLeg } from '../domain/exits.js';
import type { RecordedFact } from '../domain/journal.js';
import { EXIT_GRACE_MS } from '../domain/limits.js';
import type { OrderFact } from '../domain/order.js';
import { acceptedIn } from '../engine/accepted.js';
import { coverNow } from '../engine/exit-corrections.js';
import { heldBy } from '../engine/holdings.js';
import { realises } from '../engine/risk-counters.js';
import { FACTS_VERSION } from '../journal/fact-versions.js';
import type { ExitRef, ProtectionCommand } from '../machines/protection.commands.js';
import { type ProtectionContext, workingRefs } from '../machines/protection.context.js';
import type {
  ProtectionDeadlineName,
  ProtectionFact,
  ProtectionInput,
  SeenPosition,
} from '../machines/protection.facts.js';
import { positionWord } from '../machines/protection.updates.js';
import { type PositionView, positionViewOf } from '../views/position-view.js';
import { tellCorrection, tellLate, tellOfEntry } from './exits-late.js';
import { type ExitsState, foldExits } from './exits-life.js';
import { lookAtExits, type SeenExits } from './exits-look.js';
import type { GateObject } from './gate-object.js';
import { heldRiskOf, toLimits } from './hosted-limits.js';
import type { LogEntry } from './log.js';
import type { LogObject } from './log-object.js';
import { ALL, EXITS, GATE, LOG, SWEEPS, SYMBOLS } from './names.js';
import { OBJECT_OPTIONS } from './retry.js';
import { LATE_MS } from './steps.js';
import { exitsEntryOf } from './symbol-totals.js';
import type { SymbolsObject } from './symbols-object.js';
import type { WorkerParts } from './worker-parts.js';

type Exclusive = restate.ObjectContext;

/** How the exits are asked for now. */
interface Polling {
  readonly number: number;
  readonly refs: readonly ExitRef[];
  readonly everyMs: number;
}

const loggedOf = ({ context }: ExitsState, fact: ProtectionFact, audit: readonly AuditEntry[]): LogEntry['logged'] => ({
  stream: 'protection',
  v: FACTS_VERSION,
  advisoryId: context.advisoryId,
  snapshotHash: context.snapshotHash,
  at: fact.at,
  fact: fact as unknown as RecordedFact,
  audit,
});

/** What the exits begin with. */
interface BegunExits extends ProtectionInput {
  readonly isLimited?: boolean;
  /** One has filled already: what can have changed is asked for at once. */
  readonly hasExitFilled?: boolean;
}

/** Of the sweeps, which know the exits. */
interface Begins {
  begin(ctx: Exclusive): Promise<void>;
}

type Due = Partial<Record<ProtectionDeadlineName, number>>;
type Absences = Partial<Record<ExitLeg, number>>;

const SOON_MS = 1_000;
const NO_POLLING: Polling = { number: 0, refs: [], everyMs: 0 };

/** Without the cases that are told by then (M5). */
async function leftOf(
  ctx: Exclusive,
  { context: { advisoryId } }: ExitsState,
  commands: readonly ProtectionCommand[],
): Promise<readonly ProtectionCommand[]> {
  if (!commands.some(isAskedAgain)) return commands;
  const cases = await ctx.objectClient<GateObject>({ name: GATE }, ALL).cases();
  return withoutTold(commands, () => toldOf(cases, advisoryId));
}

export function exitsHandlers(parts: WorkerParts) {
  const factsOf = async (ctx: restate.ObjectSharedContext): Promise<readonly ProtectionFact[]> =>
    (await ctx.get<readonly ProtectionFact[]>('facts')) ?? [];

  /** Takes facts one after the other, and what they cause, until nothing is left to take. */
  async function take(ctx: Exclusive, given: readonly ProtectionFact[]): Promise<void> {
    let facts = await factsOf(ctx);
    let state = foldExits(facts);
    const waiting = [...given];
    const news: LogEntry[] = [];
    for (let fact = waiting.shift(); fact !== undefined; fact = waiting.shift()) {
      if (facts.length > 0) await tellOf(ctx, state, fact);
      const stepped = state.take(fact);
      if (stepped === undefined) continue;
      const commands = await leftOf(ctx, state, stepped.commands);
      if (!stepped.isChanged && commands.length === 0) continue;
      facts = [...facts, fact];
      ctx.set('facts', facts);
      state = stepped.state;
      news.push({ source: `exits ${ctx.key}`, number: facts.length, logged: loggedOf(state, fact, stepped.audit) });
      for (const command of commands) waiting.push(...(await carryOut(ctx, state, command)));
    }
    const last = news.at(-1);
    if (last === undefined) return;
    count(ctx, state);
    if (state.isOver) {
      news[news.length - 1] = { ...last, isLast: true };
      forgetLater(ctx);
    }
    hold(ctx, state, facts.length);
    if ((await ctx.get<boolean>('limited')) === true) limit(ctx, state, news);
    ctx.objectSendClient<LogObject>({ name: LOG }, ALL).append(news);
  }

  /** What a person must know: a fact whose case was not written down would be taken as told. */
  async function tellOf(ctx: Exclusive, { context, isOver }: ExitsState, fact: ProtectionFact): Promise<void> {
    if (fact.type !== 'EXIT_REPORT') return;
    const isLimited = (await ctx.get<boolean>('limited')) === true;
    const told = { ...fact, context, isLimited };
    if (!isOver && fact.report.correction === undefined) return;
    if (!isOver) return void (await tellCorrection(ctx, told));
    const shown = (await ctx.get<ProtectionContext>('heldAgain')) ?? context;
    const heldAgain = await tellLate(ctx, told, shown);
    if (heldAgain !== undefined) ctx.set('heldAgain', heldAgain);
  }

  /** What the exits have closed, for the others in the symbol; when the position is over, both leave it (R6.2). */
  function count(ctx: Exclusive, { context, isOver }: ExitsState): void {
    if (parts.capabilities.positions !== 'netting') return;
    const { clientOrderId, symbol, side, exits, closedElsewhere } = context;
    const symbols = ctx.objectSendClient<SymbolsObject>({ name: SYMBOLS }, symbol);
    const filled = sum([closedElsewhere, ...exits.map(({ cumQty }) => cumQty)]);
    const entry = { side: exitSide(side), filled, open: ZERO, isClosing: true } as const;
    const exitsId = exitsEntryOf(clientOrderId);
    if (!isOver) {
      if (!isZero(filled)) symbols.count({ clientOrderId: exitsId, entry });
      return;
    }
    symbols.leave({ clientOrderId: exitsId, entry });
    symbols.leave({ clientOrderId });
  }

  /** What a sweep, and the totals of the symbol, take this entry to hold (M3). */
  function hold(ctx: Exclusive, { context, isOver }: ExitsState, number: number): void {
    const { clientOrderId, symbol } = context;
    const entry = { size: heldBy(context), isOver, number };
    ctx.objectSendClient<SymbolsObject>({ name: SYMBOLS }, symbol).hold({ clientOrderId, entry });
  }

  /** What is open, and what was realised, for the limits (G1, G3). */
  function limit(ctx: Exclusive, { context, isOver }: ExitsState, news: readonly LogEntry[]): void {
    const { clientOrderId } = context;
    toLimits(ctx).hold({ clientOrderId, ...(!isOver && { position: heldRiskOf(context) }) });
    for (const { logged } of news) {
      const audit = logged.audit.filter(realises);
      if (audit.length > 0) toLimits(ctx).realise({ audit, at: logged.at });
    }
  }

  async function limitFromNowOn(ctx: Exclusive): Promise<void> {
    const isLimited = await ctx.run('limited', () => parts.risk !== undefined);
    if (!isLimited || (await ctx.get<boolean>('limited')) === true) return;
    ctx.set('limited', true);
    limit(ctx, foldExits(await factsOf(ctx)), []);
  }

  async function carryOut(ctx: Exclusive, state: ExitsState, command: ProtectionCommand): Promise<ProtectionFact[]> {
    switch (command.type) {
      case 'watchExits':
        await poll(ctx, command.exits, command.isSoon ? SOON_MS : parts.settings.exitPollIntervalMs);
        return [];
      case 'unwatchExits':
      case 'finish':
        await poll(ctx, [], 0);
        return [];
      case 'queryExits':
        return look(ctx, state, command.exits);
      case 'askPosition':
        return [await askPosition(ctx, state)];
      case 'scheduleDeadline':
        await schedule(ctx, command.name, command.at);
        return [];
      case 'openCase': {
        const { kind, mismatches } = command;
        const { symbol, advisoryId, snapshotHash } = state.context;
        await ctx
          .objectClient<GateObject>({ name: GATE }, ALL)
          .raise({ kind, symbol, advisoryId, snapshotHash, mismatches });
        return [];
      }
    }
  }

  async function poll(ctx: Exclusive, refs: readonly ExitRef[], everyMs: number): Promise<void> {
    const { number } = (await ctx.get<Polling>('polling')) ?? NO_POLLING;
    const next: Polling = { number: number + 1, refs, everyMs };
    ctx.set('polling', next);
    if (refs.length > 0) sendLook(ctx, next);
  }

  const sendLook = (ctx: Exclusive, { number, everyMs }: Polling): void =>
    void ctx
      .objectSendClient<ExitsObject>({ name: EXITS }, ctx.key)
      .look(number, restate.rpc.sendOpts({ delay: everyMs }));

  async function schedule(ctx: Exclusive, name: ProtectionDeadlineName, at: number): Promise<void> {
    ctx.set('due', { ...(await ctx.get<Due>('due')), [name]: at });
    const delay = Math.max(0, at - parts.clock.now());
    ctx.objectSendClient<ExitsObject>({ name: EXITS }, ctx.key).deadline({ name, at }, restate.rpc.sendOpts({ delay }));
  }

  async function look(ctx: Exclusive, { context }: ExitsState, refs: readonly ExitRef[]): Promise<ProtectionFact[]> {
    const { clientOrderId, symbol } = context;
    const seen = await ctx.run('query', () => lookAtExits(parts, { clientOrderId, symbol }, refs));
    if (seen.entry !== undefined) await hearOfEntry(ctx, seen.entry);
    const reports = seen.reports.map(({ leg, report }) => ({ type: 'EXIT_REPORT', at: seen.at, leg, report }) as const);
    return [...reports, ...(await absent(ctx, seen))];
  }

  async function absent(ctx: Exclusive, { at, reports, missing }: SeenExits): Promise<readonly ProtectionFact[]> {
    const before = (await ctx.get<Absences>('absences')) ?? {};
    const isShown = (leg: string) => reports.some((report) => report.leg === leg);
    const kept = Object.entries(before).filter(([leg]) => !isShown(leg));
    const fresh = missing.filter((leg) => before[leg] === undefined).map((leg) => [leg, at] as const);
    if (fresh.length > 0 || kept.length < Object.keys(before).length)
      ctx.set('absences', Object.fromEntries([...kept, ...fresh]));
    const isLong = (leg: ExitLeg) => at - (before[leg] ?? at) >= EXIT_GRACE_MS;
    return missing.filter(isLong).map((leg) => ({ type: 'EXIT_ABSENT', at, leg }));
  }

  async function askPosition(ctx: Exclusive, { context }: ExitsState): Promise<ProtectionFact> {
    const { clientOrderId, symbol } = context;
    const { observed, at } = await ctx.run('position', async () => {
      const told = await parts.calls.observePosition({ clientOrderId, symbol });
      return { at: Math.floor(parts.clock.now()), observed: told };
    });
    const seen: SeenPosition =
      observed.kind === 'position'
        ? { kind: 'position', size: observed.size, isOwn: !observed.netting, others: await othersIn(ctx, context) }
        : observed.kind === 'failed'
          ? { kind: 'failed', cause: observed.cause }
          : { kind: 'untold' };
    const fact = { type: 'POSITION_SEEN', at, seen } as const;
    // A sweep compares the symbol once this chart has decided.
    if (seen.kind === 'position' && positionWord(context, fact) === 'unknown')
      ctx.objectSendClient<Begins>({ name: SWEEPS }, ALL).begin();
    return fact;
  }

  /** What is known of everything else in the symbol, what persons have accepted included. */
  async function othersIn(ctx: Exclusive, { clientOrderId, symbol }: ProtectionContext) {
    if (parts.capabilities.positions !== 'netting') return { least: ZERO, most: ZERO };
    const around = await ctx.objectClient<SymbolsObject>({ name: SYMBOLS }, symbol).around(clientOrderId);
    const cases = await ctx.objectClient<GateObject>({ name: GATE }, ALL).cases();
    const accepted = acceptedIn(cases, symbol, new Map(Object.entries(around.held)));
    return { least: add(around.least, accepted.least), most: add(around.most, accepted.most) };
  }

  /** A report on the entry, whose execution is over (T5, P8). */
  async function hearOfEntry(ctx: Exclusive, report: OrderFact): Promise<void> {
    const advisoryId = await ctx.get<string>('advisoryId');
    if (advisoryId === null) return;
    const facts = await factsOf(ctx);
    const shown = (await ctx.get<ProtectionContext>('heldAgain')) ?? foldExits(facts).context;
    const before = (await ctx.get<readonly OrderFact[]>('entryReports')) ?? [];
    const cover = facts.length === 0 ? undefined : coverNow(shown);
    const isNews = await tellOfEntry(ctx, advisoryId, { report, before }, cover);
    if (isNews) ctx.set('entryReports', [...before, report]);
  }

  const forgetLater = (ctx: Exclusive): void =>
    void ctx
      .objectSendClient<ExitsObject>({ name: EXITS }, ctx.key)
      .forget(restate.rpc.sendOpts({ delay: parts.settings.recordsKeptMs }));

  return {
    async begin(ctx: Exclusive, { isLimited, hasExitFilled, ...input }: BegunExits): Promise<void> {
      if (isLimited === true) ctx.set('limited', true);
      if ((await factsOf(ctx)).length > 0) return;
      ctx.set('advisoryId', input.advisoryId);
      await take(ctx, [{ type: 'START', at: await ctx.date.now(), input }]);
      if (hasExitFilled !== true) return;
      const state = foldExits(await factsOf(ctx));
      if (!state.isOver) await take(ctx, await look(ctx, state, workingRefs(state.context)));
    },
    /** An execution that held nothing: what its order fills later is told all the same (T5). */
    async remember(ctx: Exclusive, advisoryId: string): Promise<void> {
      if ((await factsOf(ctx)).length > 0) return;
      ctx.set('advisoryId', advisoryId);
      forgetLater(ctx);
    },
    async look(ctx: Exclusive, number: number): Promise<void> {
      const polling = (await ctx.get<Polling>('polling')) ?? NO_POLLING;
      if (polling.number !== number || polling.refs.length === 0) return;
      // A position that was there before the limits were: counted from its next look on.
      await limitFromNowOn(ctx);
      await take(ctx, await look(ctx, foldExits(await factsOf(ctx)), polling.refs));
      const after = (await ctx.get<Polling>('polling')) ?? NO_POLLING;
      if (after.number === number) sendLook(ctx, polling);
    },
    /** At once, for a reconciliation beside it. */
    async lookNow(ctx: Exclusive): Promise<void> {
      const { refs } = (await ctx.get<Polling>('polling')) ?? NO_POLLING;
      if (refs.length > 0) await take(ctx, await look(ctx, foldExits(await factsOf(ctx)), refs));
    },
    async deadline(ctx: Exclusive, { name, at }: { name: ProtectionDeadlineName; at: number }): Promise<void> {
      const isDue = async () => (await ctx.get<Due>('due'))?.[name] === at;
      if (!(await isDue())) return;
      const now = Math.max(at, await ctx.date.now());
      if (now - at > LATE_MS) await take(ctx, [{ type: 'RECOVERED', at: now }]);
      if (await isDue()) await take(ctx, [{ type: 'DEADLINE', at: now, name }]);
    },
    /** What somebody else has learned of them, such as a sweep, or a worker by a push. */
    async hear(ctx: Exclusive, heard: readonly ProtectionFact[]): Promise<void> {
      if ((await factsOf(ctx)).length > 0) await take(ctx, heard);
    },
    hearOfEntry,
    /** They have been over for long: nobody asks for them any more. */
    async forget(ctx: Exclusive): Promise<void> {
      const facts = await factsOf(ctx);
      if (facts.length === 0 || foldExits(facts).isOver) ctx.clearAll();
    },
    facts: factsOf,
    async view(ctx: restate.ObjectSharedContext): Promise<PositionView | null> {
      const facts = await factsOf(ctx);
      if (facts.length === 0) return null;
      const heldAgain = await ctx.get<ProtectionContext>('heldAgain');
      if (heldAgain !== null) return positionViewOf(heldAgain, 'lost');
      const { context, state } = foldExits(facts);
      return positionViewOf(context, state);
    },
  };
}

export function exitsObject(parts: WorkerParts) {
  const { facts, view, ...changes } = exitsHandlers(parts);
  return restate.object({
    name: EXITS,
    handlers: {
      ...changes,
      facts: restate.handlers.object.shared(facts),
      view: restate.handlers.object.shared(view),
    },
    options: OBJECT_OPTIONS,
  });
}
export type ExitsObject = ReturnType<typeof exitsObject>;
