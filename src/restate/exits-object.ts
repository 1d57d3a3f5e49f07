/**
 * The exits of one position on Restate, after the result (B7): the third chart, asked for by slow polls.
 *
 * 1. An object and no workflow: each look is an invocation of its own, so that its journal stays small however long a
 *    position is open.
 * 2. The chart's state is the fold of the facts, which are all that is kept.
 * 3. Polls follow one another by a delayed message with a number; a message with an old number is dropped.
 */
import * as restate from '@restatedev/restate-sdk';
import { callBroker } from '../actors/calls.js';
import type { AuditEntry } from '../domain/audit.js';
import { exitSide } from '../domain/bracket.js';
import { add, isZero, subtract, sum, ZERO } from '../domain/decimal.js';
import { exitIdOf, readExitReport } from '../domain/exits.js';
import type { RecordedFact } from '../domain/journal.js';
import { heldBy } from '../engine/holdings.js';
import { realises } from '../engine/risk-counters.js';
import { FACTS_VERSION } from '../journal/fact-versions.js';
import type { ExitRef, ProtectionCommand } from '../machines/protection.commands.js';
import type {
  ProtectionDeadlineName,
  ProtectionFact,
  ProtectionInput,
  SeenPosition,
} from '../machines/protection.facts.js';
import { type PositionView, positionViewOf } from '../views/position-view.js';
import { type ExitsState, foldExits } from './exits-life.js';
import type { GateObject } from './gate-object.js';
import { heldRiskOf, toLimits } from './hosted-limits.js';
import type { LogEntry } from './log.js';
import type { LogObject } from './log-object.js';
import { ALL, EXITS, GATE, LOG, SYMBOLS } from './names.js';
import { OBJECT_OPTIONS } from './retry.js';
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

const SOON_MS = 1_000;
const NO_POLLING: Polling = { number: 0, refs: [], everyMs: 0 };

export function exitsObject(parts: WorkerParts) {
  const factsOf = async (ctx: restate.ObjectSharedContext): Promise<readonly ProtectionFact[]> =>
    (await ctx.get<readonly ProtectionFact[]>('facts')) ?? [];

  /** Takes facts one after the other, and what they cause, until nothing is left to take. */
  async function take(ctx: Exclusive, given: readonly ProtectionFact[]): Promise<void> {
    let facts = await factsOf(ctx);
    let state = foldExits(facts);
    const waiting = [...given];
    const news: LogEntry[] = [];
    for (let fact = waiting.shift(); fact !== undefined; fact = waiting.shift()) {
      const stepped = state.take(fact);
      if (stepped === undefined) continue;
      facts = [...facts, fact];
      ctx.set('facts', facts);
      state = stepped.state;
      news.push({ source: `exits ${ctx.key}`, number: facts.length, logged: loggedOf(state, fact, stepped.audit) });
      for (const command of stepped.commands) waiting.push(...(await carryOut(ctx, state, command)));
    }
    count(ctx, state);
    const last = news.at(-1);
    if (last === undefined) return;
    if (state.isOver) {
      news[news.length - 1] = { ...last, isLast: true };
      const delay = parts.settings.recordsKeptMs;
      ctx.objectSendClient<ExitsObject>({ name: EXITS }, ctx.key).forget(restate.rpc.sendOpts({ delay }));
    }
    hold(ctx, state, facts.length);
    if ((await ctx.get<boolean>('limited')) === true) limit(ctx, state, news);
    ctx.objectSendClient<LogObject>({ name: LOG }, ALL).append(news);
  }

  /** What the exits have closed, for the others in the symbol; when the position is over, both leave it (R6.2). */
  function count(ctx: Exclusive, { context, isOver }: ExitsState): void {
    if (parts.capabilities.positions !== 'netting') return;
    const { clientOrderId, symbol, side, exits, closedElsewhere } = context;
    const symbols = ctx.objectSendClient<SymbolsObject>({ name: SYMBOLS }, symbol);
    const filled = sum([closedElsewhere, ...exits.map(({ cumQty }) => cumQty)]);
    const entry = { side: exitSide(side), filled, open: ZERO };
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
        return query(ctx, state, command.exits);
      case 'askPosition':
        return [await askPosition(ctx, state)];
      case 'scheduleDeadline':
        schedule(ctx, command.name, command.at);
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

  const schedule = (ctx: Exclusive, name: ProtectionDeadlineName, at: number): void =>
    void ctx
      .objectSendClient<ExitsObject>({ name: EXITS }, ctx.key)
      .deadline({ name, at }, restate.rpc.sendOpts({ delay: Math.max(0, at - parts.clock.now()) }));

  function query(ctx: Exclusive, { context }: ExitsState, refs: readonly ExitRef[]): Promise<ProtectionFact[]> {
    const { broker, clock, deadlines } = parts;
    return ctx.run('query', async () => {
      const answers = await Promise.all(
        refs.map(async ({ leg, ref }) => {
          const outcome = await callBroker(clock, deadlines.statusMs, (signal) => broker.getOrderStatus(ref, signal));
          const at = Math.floor(clock.now());
          if (outcome.kind !== 'answered') return [];
          if (outcome.value === 'not_found') return isListed(ref.clientOrderId, leg, at);
          const report = readExitReport(outcome.value, { clientOrderId: exitIdOf(context.clientOrderId, leg) });
          return report === undefined ? [] : [{ type: 'EXIT_REPORT', at, leg, report } as const];
        }),
      );
      return answers.flat();
    });
  }

  /** Neither found by its id nor among the open orders: only both together say that it is gone. */
  async function isListed(id: string, leg: ExitRef['leg'], at: number): Promise<readonly ProtectionFact[]> {
    const { broker, clock, deadlines } = parts;
    if (broker.getOpenOrders === undefined) return [];
    const outcome = await callBroker(
      clock,
      deadlines.statusMs,
      (signal) => broker.getOpenOrders?.(signal) ?? Promise.resolve(undefined),
    );
    if (outcome.kind !== 'answered' || !Array.isArray(outcome.value)) return [];
    const isOpen = outcome.value.some((row: { readonly clientOrderId?: unknown }) => row?.clientOrderId === id);
    return isOpen ? [] : [{ type: 'EXIT_ABSENT', at, leg }];
  }

  async function askPosition(ctx: Exclusive, { context }: ExitsState): Promise<ProtectionFact> {
    const { clientOrderId, symbol } = context;
    const others = await ctx.objectClient<SymbolsObject>({ name: SYMBOLS }, symbol).others(clientOrderId);
    const told = await ctx.run('position', async () => ({
      at: Math.floor(parts.clock.now()),
      observed: await parts.calls.observePosition({ clientOrderId, symbol }),
    }));
    const { observed, at } = told;
    const known = {
      least: subtract(others.buy.filled, add(others.sell.filled, others.sell.open)),
      most: subtract(add(others.buy.filled, others.buy.open), others.sell.filled),
    };
    const seen: SeenPosition =
      observed.kind === 'position'
        ? { kind: 'position', size: observed.size, isOwn: !observed.netting, others: known }
        : observed.kind === 'failed'
          ? { kind: 'failed', cause: observed.cause }
          : { kind: 'untold' };
    return { type: 'POSITION_SEEN', at, seen };
  }

  return restate.object({
    name: EXITS,
    handlers: {
      async begin(ctx: Exclusive, given: ProtectionInput & { readonly isLimited?: boolean }): Promise<void> {
        const { isLimited, ...input } = given;
        if (isLimited === true) ctx.set('limited', true);
        if ((await factsOf(ctx)).length === 0) await take(ctx, [{ type: 'START', at: await ctx.date.now(), input }]);
      },
      async look(ctx: Exclusive, number: number): Promise<void> {
        const polling = (await ctx.get<Polling>('polling')) ?? NO_POLLING;
        if (polling.number !== number || polling.refs.length === 0) return;
        // A position that was there before the limits were: counted from its next look on.
        await limitFromNowOn(ctx);
        await take(ctx, await query(ctx, foldExits(await factsOf(ctx)), polling.refs));
        const after = (await ctx.get<Polling>('polling')) ?? NO_POLLING;
        if (after.number === number) sendLook(ctx, polling);
      },
      async deadline(ctx: Exclusive, { name, at }: { name: ProtectionDeadlineName; at: number }): Promise<void> {
        await take(ctx, [{ type: 'DEADLINE', at: Math.max(at, await ctx.date.now()), name }]);
      },
      /** What somebody else has learned of them, such as a sweep. */
      async hear(ctx: Exclusive, heard: readonly ProtectionFact[]): Promise<void> {
        await take(ctx, heard);
      },
      /** They have been over for long: nobody asks for them any more. */
      async forget(ctx: Exclusive): Promise<void> {
        if (foldExits(await factsOf(ctx)).isOver) ctx.clearAll();
      },
      facts: restate.handlers.object.shared((ctx: restate.ObjectSharedContext) => factsOf(ctx)),
      view: restate.handlers.object.shared(async (ctx: restate.ObjectSharedContext): Promise<PositionView | null> => {
        const facts = await factsOf(ctx);
        if (facts.length === 0) return null;
        const { context, state } = foldExits(facts);
        return positionViewOf(context, state);
      }),
    },
    options: OBJECT_OPTIONS,
  });
}
export type ExitsObject = ReturnType<typeof exitsObject>;
