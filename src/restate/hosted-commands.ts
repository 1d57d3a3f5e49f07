/**
 * The commands of the chart, carried out by steps on Restate: each ends in facts, and in nothing else.
 */
import type * as restate from '@restatedev/restate-sdk';
import { movedByReport } from '../actors/moved-since-end.js';
import type { Decimal } from '../domain/decimal.js';
import { readOrderReport } from '../domain/order.js';
import { filledBetween } from '../domain/others-fills.js';
import type { OrderRef } from '../domain/ports.js';
import { fitsNetPosition, type ObservedOrder } from '../domain/reconciliation.js';
import { othersIn } from '../domain/symbol-totals.js';
import { hasCapacity } from '../engine/admission.js';
import type { CommandOf, ExecutionCommand } from '../machines/execution.commands.js';
import { exitsAtReference, heldBy, orderRef, orderRequest } from '../machines/execution.context.js';
import type { DeadlineName, ExecutionFact } from '../machines/execution.facts.js';
import { takes } from '../machines/step.js';
import { contained, toldBy } from './contained-step.js';
import type { GateObject } from './gate-object.js';
import { hostedLimits } from './hosted-limits.js';
import { othersOf } from './hosted-others.js';
import type { HostedWatch } from './hosted-watch.js';
import { begin, beginFacts, type Hosting, told } from './hosting.js';
import { ALL, GATE } from './names.js';
import { LATE_MS, type StepNews, switchNews, timeOf } from './steps.js';
import { newIntent, notSent, submitFenced } from './submit-fence.js';
import { type OthersInSymbol, rangeOfOthers } from './symbol-totals.js';
import { tellMoved } from './tell-moved.js';

/** Intents in a row that could not be carried out before the chart is told: a quarter of a minute, and T has not begun. */
const MOST_INTENTS = 7;

export interface HostedCommands {
  carryOut(command: ExecutionCommand): Promise<void>;
  /** To be called when a fact was taken. */
  counted(): void;
  /** Whether the execution has its place in the symbol. */
  hasEntered(): Promise<boolean>;
}

export function hostedCommands(hosting: Hosting, watch: HostedWatch): HostedCommands {
  const { ctx, parts, input, life, begun, nameOf } = hosting;
  const { symbol = '' } = input.snapshot;
  const others = othersOf(hosting);
  const limits = hostedLimits(hosting);
  /** When each deadline is due, as the chart asked for it last. */
  const scheduled = new Map<DeadlineName, number>();

  async function carryOut(command: ExecutionCommand): Promise<void> {
    switch (command.type) {
      case 'askBroker':
        return askBroker();
      case 'submitOrder':
        return submitOrder();
      case 'watchOrder':
      case 'unwatchOrder':
      case 'watchExits':
      case 'unwatchExits':
        return watch.follow(command);
      case 'queryOrder':
      case 'lookAtOrder':
        return look(command);
      case 'cancelOrder':
        return cancelOrder();
      case 'placeProtection':
        return placeProtection(command);
      case 'reconcile':
        return reconcile(command);
      case 'scheduleDeadline':
        return schedule(command);
      case 'openCase':
        return openCase(command);
      case 'finish':
        return;
    }
  }

  async function askBroker(): Promise<void> {
    const { context } = life;
    const before = await others.enter();
    begin(
      hosting,
      'ask',
      async (start) => {
        if (!hasCapacity(parts.broker, parts.hosted.size - 1))
          return { answer: { kind: 'no_capacity' } as const, at: timeOf(parts, start)() };
        const ask = parts.calls.ask(orderRequest(context), (given) => exitsAtReference(context, given));
        return { answer: await ask, at: timeOf(parts, start)() };
      },
      async ({ answer, at }) => {
        await others.hasEntered();
        return told([{ type: 'BROKER_ASKED', at, answer, others: rangeOfOthers(before, await others.now()) }]);
      },
    );
  }

  /** Nothing else is taken until the outcome is known: a switch that comes meanwhile follows it (K3). */
  async function submitOrder(): Promise<void> {
    const { context } = life;
    const { attempt } = hosting;
    const room = await limits.reserve();
    const start = hosting.startOf();
    for (let tries = 1; tries <= MOST_INTENTS; tries += 1) {
      const intent = await ctx.run(nameOf('intent'), async () => newIntent(parts, start, attempt));
      const submit = async () => (await submitFenced(parts, start, context, { intent, attempt, room })) ?? null;
      const fenced = () => submit().catch(() => mayBeSent(intent.at));
      const news = await ctx.run(nameOf('submit'), fenced);
      if (news === null) continue;
      // What nobody can tell counts as sent.
      limits.settle(news.facts[0]?.type !== 'SUBMIT_BLOCKED');
      return hosting.takeNews(news);
    }
    limits.settle(false);
    return hosting.takeNews(told(notSent(await ctx.date.now())));
  }

  function look({ type }: CommandOf<'queryOrder' | 'lookAtOrder'>): void {
    const ref = orderRef(life.context);
    beginFacts(hosting, 'look', async (start) => {
      const time = timeOf(parts, start);
      const facts = reportOf(await parts.calls.observeOrder(ref), time());
      return type === 'lookAtOrder' ? [...facts, { type: 'ORDER_LOOKED', at: time() }] : facts;
    });
  }

  async function cancelOrder(): Promise<void> {
    const made = hosting.madeCancel();
    if (made !== undefined) {
      await hosting.take({ type: 'CANCEL_STARTED', at: made.startedAt });
      for (const report of made.learnt) await hosting.take({ type: 'ORDER_REPORT', at: made.endedAt, report });
      return hosting.take({ type: 'CANCEL_OUTCOME', at: made.endedAt, outcome: made.outcome });
    }
    const ref = orderRef(life.context);
    beginFacts(hosting, 'cancel', async (start) => {
      const time = timeOf(parts, start);
      const startedAt = time();
      const reports: unknown[] = [];
      const outcome = await parts.calls.cancel(ref, (raw) => reports.push(raw));
      const at = time();
      const learnt = reports.flatMap((raw) => orderReportOf(raw, ref, at));
      return [{ type: 'CANCEL_STARTED', at: startedAt }, ...learnt, { type: 'CANCEL_OUTCOME', at, outcome }];
    });
  }

  function placeProtection({ request }: CommandOf<'placeProtection'>): void {
    beginFacts(hosting, 'protect', async (start) => {
      const legs = await parts.calls.protect(request);
      return [{ type: 'PROTECTION_OUTCOME', at: timeOf(parts, start)(), legs }];
    });
  }

  async function reconcile({ ref }: CommandOf<'reconcile'>): Promise<void> {
    const before = await others.now();
    begin(
      hosting,
      'reconcile',
      async (start) => {
        const [order, position] = await Promise.all([parts.calls.observeOrder(ref), parts.calls.observePosition(ref)]);
        return { order, position, at: timeOf(parts, start)(), switches: switchNews(parts, start) };
      },
      async ({ order, position, at, switches }): Promise<StepNews> => {
        const { baseline, othersBefore, order: own, snapshot } = life.context;
        const observedBeside = (after: OthersInSymbol) => {
          const theirs = filledBetween(othersBefore, rangeOfOthers(before, after));
          const isOfOthers = (price: Decimal) => after.exits.includes(price);
          return { order, position, others: othersIn(theirs, baseline, position, isOfOthers) };
        };
        const held = { side: snapshot.side, cumQty: own.cumQty, heldQuantity: heldBy(life.context), baseline };
        let observed = observedBeside(await others.now());
        if (!fitsNetPosition(held, observed)) {
          // Nothing is asked again (R6.1): what moved the position may be an exit of another execution, and not be known yet.
          await others.lookAtExits();
          observed = observedBeside(await others.now());
        }
        return { facts: [{ type: 'RECONCILED', at, observed }], switches };
      },
    );
  }

  function schedule({ name, at }: CommandOf<'scheduleDeadline'>): void {
    scheduled.set(name, at);
    begun.sleep(name, Math.max(0, at - parts.clock.now()), () => deadline(name, at));
  }

  /**
   * The fact has the chart's own time; what is due late is told as a restart first. To what that gives its whole time again, the
   * old deadline is no fact any more. Calls of a reconciliation end long before its deadline, so where that comes, the worker
   * that asked was killed or stood still: it is told as a restart too, or a broker that is well would not be heard (R6).
   */
  async function deadline(name: DeadlineName, at: number): Promise<StepNews> {
    const due = { type: 'DEADLINE', at, name } as const;
    if (!takes(life.state, due)) return told([]);
    const now = await ctx.date.now();
    const isLate = now - at > LATE_MS || name === 'reconciliation';
    if (isLate) await hosting.catchUp();
    if (!takes(life.state, due)) return told([]);
    await hosting.takeNews(told([...(await lastSeen(name, at)), ...(isLate ? [recoveredAt(now)] : [])]));
    return told(scheduled.get(name) === at ? [due] : []);
  }

  /** What the broker shows as the late window closes was there before it closed (T2). */
  async function lastSeen(name: DeadlineName, at: number): Promise<readonly ExecutionFact[]> {
    if (name !== 'lateWindow' || !watch.isWatchingOrder) return [];
    const ref = orderRef(life.context);
    const seen = await ctx.run(nameOf('last-look'), () => contained(() => parts.calls.observeOrder(ref)));
    return reportOf(toldBy(seen), at);
  }

  async function openCase({ kind, mismatches }: CommandOf<'openCase'>): Promise<void> {
    const { advisoryId, snapshotHash } = life.context;
    const found = { kind, symbol, advisoryId, snapshotHash, mismatches, moved: movedByReport(life.context) };
    await gateOn(ctx).raise(found);
    tellMoved(ctx, found);
  }

  return {
    carryOut,
    counted() {
      others.count();
      limits.count();
    },
    hasEntered: others.hasEntered,
  };
}

/** The step has failed, and nobody can tell at what: the order is looked up, as after a restart (S4). */
const mayBeSent = (intentAt: number): StepNews => told([{ type: 'RECOVERED', at: intentAt, intentAt }]);

const recoveredAt = (at: number): ExecutionFact => ({ type: 'RECOVERED', at });

const gateOn = (ctx: restate.Context) => ctx.objectClient<GateObject>({ name: GATE }, ALL);

const reportOf = (seen: ObservedOrder, at: number): readonly ExecutionFact[] =>
  seen.kind === 'report' ? [{ type: 'ORDER_REPORT', at, report: seen.report }] : [];

function orderReportOf(raw: unknown, ref: OrderRef, at: number): readonly ExecutionFact[] {
  const report = readOrderReport(raw, ref);
  return report === undefined ? [] : [{ type: 'ORDER_REPORT', at, report }];
}
