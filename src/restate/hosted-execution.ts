/**
 * One execution, hosted on Restate: the chart decides, steps act, and their answers are the facts.
 *
 * 1. A fact is what a finished step brought: it is durable before the chart takes it, and what it causes begins only then (A4).
 * 2. One fact is taken at a time. Steps under way race; the order in which they end is in the journal.
 * 3. Deadlines are durable sleeps. The fact carries the chart's own time, not that of the waking. One that comes so late that
 *    the host must have stood still is told as a restart, which gives what is due its whole call (T4).
 * 4. The chart is the one of every other host, run by `step` alone.
 * 5. What the engine does wrong in an execution ends it, by the last resort, and is not tried again (E5).
 */
import * as restate from '@restatedev/restate-sdk';
import { readingOf } from '../actors/engine-time.js';
import type { JournalRecord } from '../domain/journal.js';
import { causeOf } from '../domain/reading.js';
import type { ExecutionResult } from '../domain/result.js';
import { protectionInputOf } from '../engine/protections.js';
import { hardTimeoutAt } from '../machines/execution.context.js';
import type { ExecutionFact, ExecutionInput, FactOf } from '../machines/execution.facts.js';
import { takes } from '../machines/step.js';
import { placeInBudget } from './capacity.js';
import { leftBy } from './ended.js';
import type { ExitsObject } from './exits-object.js';
import type { GateReading } from './gate.js';
import { gateOf } from './gate-view.js';
import { type HostedCommands, hostedCommands } from './hosted-commands.js';
import { endByFault } from './hosted-fault.js';
import { heldRiskOf, limitsOn } from './hosted-limits.js';
import { type HostedWatch, hostedWatch } from './hosted-watch.js';
import type { Hosting } from './hosting.js';
import { type Life, newLife } from './life.js';
import type { LogEntry } from './log.js';
import type { LogObject } from './log-object.js';
import { ADVISORIES, ALL, EXITS, LEDGER, LOG, SYMBOLS } from './names.js';
import type { AdvisoriesObject, LedgerObject } from './objects.js';
import { inOrder, LATE_MS, type StepNews, timeOf } from './steps.js';
import type { MadeCancel } from './switch-stop.js';
import type { SymbolsObject } from './symbols-object.js';
import { underway, WATCH } from './underway.js';
import type { WorkerParts } from './worker-parts.js';

const GATE_LIMIT_MS = 2_000;
const GUARD_TELLS_WITHIN_MS = 1_500;
const LONGEST_START_MS = 500;

type Ctx = restate.WorkflowContext;

export async function hostedExecution(ctx: Ctx, parts: WorkerParts, input: ExecutionInput): Promise<ExecutionResult> {
  const life = newLife(input);
  let steps = 0;
  let epoch = 0;
  let isLimited = false;
  let made: MadeCancel | undefined;
  const nameOf = (what: string): string => {
    steps += 1;
    return `${what}-${steps}`;
  };
  const hosting: Hosting = {
    ...{ ctx, parts, input, life, nameOf, take, takeNews, catchUp },
    isLimited: () => isLimited,
    attempt: parts.attemptId(),
    begun: underway(ctx, nameOf),
    startOf() {
      const { clientOrderId, snapshot } = input;
      return { clientOrderId, symbol: snapshot.symbol ?? '', lastAt: life.lastAt, epoch };
    },
    madeCancel() {
      const once = made;
      made = undefined;
      return once;
    },
  };
  const watch: HostedWatch = hostedWatch(hosting);
  const commands: HostedCommands = hostedCommands(hosting, watch);

  async function takeNews(news: StepNews): Promise<void> {
    made = news.cancelled;
    for (const each of inOrder(news, epoch)) {
      epoch = each.epoch ?? epoch;
      await takeInTime(each.fact);
    }
    made = undefined;
  }

  /** T = 30 s goes before whatever was received after it, though the durable sleep may end later (T2, T4). */
  async function takeInTime(fact: ExecutionFact): Promise<void> {
    const at = hardTimeoutAt(life.context);
    const due = { type: 'DEADLINE', at, name: 'hardTimeout' } as const;
    const isPast = life.context.firstSubmitAt !== undefined && fact.at > at;
    if (isPast && fact.type === 'ORDER_REPORT' && takes(life.state, due)) {
      if (fact.at - at > LATE_MS) await catchUp();
      if (takes(life.state, due)) await take(due);
    }
    await take(fact);
  }

  let hasCaughtUp = false;
  async function catchUp(): Promise<void> {
    if (hasCaughtUp || life.context.firstSubmitAt === undefined) return;
    hasCaughtUp = true;
    const { clientOrderId } = input;
    const saw = await ctx.run(nameOf('guard'), async () => {
      // The worker that saw it has just as long to tell.
      await new Promise<void>((resolve) => parts.clock.setTimeout(resolve, GUARD_TELLS_WITHIN_MS));
      return parts.guardFacts(clientOrderId).catch(() => []);
    });
    for (const fact of saw) await takeInTime(fact);
  }

  async function take(fact: ExecutionFact): Promise<void> {
    if (fact.type === 'EXIT_REPORT') watch.heard(fact.leg, fact.report);
    const asked = life.take(fact.at < life.lastAt ? { ...fact, at: life.lastAt } : fact);
    if (asked === undefined) return;
    const entry = lastEntry(ctx.key, life);
    if (entry !== undefined) parts.outbox.add(entry);
    for (const command of asked) await commands.carryOut(command);
    commands.counted();
  }

  async function live(): Promise<void> {
    await take(first.fact);
    while (!life.isDone) {
      const { name, news } = await hosting.begun.next();
      await takeNews(news);
      if (isPastSubmit(life)) started.leave();
      if (name === WATCH && !hosting.begun.has(WATCH) && !life.isDone) watch.begin();
    }
  }

  const { clientOrderId } = input;
  const attemptIsOver = ctx.request().attemptCompletedSignal;
  attemptIsOver.addEventListener('abort', () => parts.hosted.delete(clientOrderId), { once: true });
  const started = startingPlace(parts, attemptIsOver);
  const first = await ctx.run('start', async () => {
    await placeInBudget(parts, { clientOrderId, symbol: input.snapshot.symbol }, attemptIsOver);
    await started.enter();
    return startFact(parts, input);
  });
  parts.hosted.add(clientOrderId);
  epoch = first.epoch;
  isLimited = first.isLimited === true;
  try {
    await live();
  } catch (error) {
    // Restate's own: tried again, or ended by whoever runs it.
    if (error instanceof restate.RestateError && !(error instanceof restate.TerminalError)) throw error;
    watch.stop();
    await endByFault(hosting, causeOf(error));
  }
  watch.stop();
  started.leave();
  return finished(hosting, await commands.hasEntered());
}

const entryOf = (
  run: string,
  { seq, v, stream, advisoryId, snapshotHash, at, fact, audit }: JournalRecord,
): LogEntry => {
  const t = audit.find((line) => line.t !== undefined)?.t;
  return {
    source: `run ${run}`,
    number: seq,
    logged: {
      ...{ stream, v: v ?? 1, at, fact, audit: audit.map(({ event, details }) => ({ event, details })) },
      ...(advisoryId !== undefined && { advisoryId }),
      ...(snapshotHash !== undefined && { snapshotHash }),
      ...(t !== undefined && { t }),
    },
  };
};

/** All of a life that is over. */
const lifeOf = (run: string, records: readonly JournalRecord[]): readonly LogEntry[] =>
  records.map((record, index) => ({
    ...entryOf(run, record),
    ...(index === records.length - 1 && { isLast: true as const }),
  }));

function lastEntry(run: string, { records }: Life): LogEntry | undefined {
  const last = records.at(-1);
  return last && entryOf(run, last);
}

const isPastSubmit = ({ context }: Life): boolean => context.firstSubmitAt !== undefined;

/** One place of those that start at once in this worker; left after a while whatever comes, or a slow broker would pace all. */
function startingPlace({ clock, starting }: WorkerParts, attemptIsOver: AbortSignal) {
  let leave: () => void = () => undefined;
  return {
    async enter() {
      leave = await starting.enter(attemptIsOver);
      attemptIsOver.addEventListener('abort', leave, { once: true });
      clock.setTimeout(leave, LONGEST_START_MS);
    },
    leave: () => leave(),
  };
}

/** Throws while the gate cannot be read: the step is tried again, and nothing is refused for a switch that nobody has set. */
async function startFact(
  parts: WorkerParts,
  input: ExecutionInput,
): Promise<{ readonly fact: FactOf<'START'>; readonly epoch: number; readonly isLimited?: boolean }> {
  const { symbol } = input.snapshot;
  const isClosed = (known: GateReading) => gateOf(parts, known, symbol).killSwitchState === 'ACTIVE';
  const known = parts.feed.known();
  const reading =
    (await parts.feed.reading(parts.settings.gateAgeMs, GATE_LIMIT_MS)) ??
    (known && isClosed(known) ? known : undefined);
  if (reading === undefined) throw new Error('the gate cannot be read; it is tried again');
  const gate = gateOf(parts, reading, symbol);
  const at = timeOf(parts, { lastAt: 0 })();
  const fact = { type: 'START', at, ...readingOf(parts.clock), gate, advisory: input } as const;
  return { fact, epoch: reading.epoch, isLimited: parts.risk !== undefined };
}

/** The result is kept for ever, the chain is closed, and the exits go on by themselves (B7). */
async function finished(hosting: Hosting, hasEntered: boolean): Promise<ExecutionResult> {
  const { ctx, parts, life } = hosting;
  const { context, records } = life;
  const { advisoryId, clientOrderId, snapshot, result, firstSubmitAt } = context;
  parts.guard.release(clientOrderId);
  parts.hosted.delete(clientOrderId);
  if (result === undefined) throw new restate.TerminalError(`${advisoryId} ended without a result`);
  const input = protectionInputOf(context, parts.capabilities);
  if (hasEntered) await leftNow(hosting);
  if (input !== undefined) {
    const begun = {
      ...{ ...input, ...(hosting.isLimited() && { isLimited: true }) },
      ...(context.protection.hasExitFilled === true && { hasExitFilled: true }),
    };
    await ctx.objectClient<ExitsObject>({ name: EXITS }, clientOrderId).begin(begun);
  }
  // What is held stays counted as this entry's until its exits are over.
  else if (firstSubmitAt !== undefined) {
    ctx.objectSendClient<ExitsObject>({ name: EXITS }, clientOrderId).remember(advisoryId);
    if (parts.capabilities.positions === 'netting')
      ctx.objectSendClient<SymbolsObject>({ name: SYMBOLS }, snapshot.symbol).leave({ clientOrderId });
  }
  const lastHash = records.at(-1)?.hash ?? '';
  const end = { advisoryId, run: ctx.key, records: records.length, lastHash };
  ctx.objectSendClient<LedgerObject>({ name: LEDGER }, ALL).append(end);
  ctx.objectSendClient<LogObject>({ name: LOG }, ALL).append(lifeOf(ctx.key, records));
  await ctx.objectClient<AdvisoriesObject>({ name: ADVISORIES }, advisoryId).finish({ result, records });
  return result;
}

/** Live no more, and what it holds is held, in one turn for whoever sweeps and for the limits. */
async function leftNow({ ctx, parts, life, isLimited }: Hosting): Promise<void> {
  const { clientOrderId, snapshot } = life.context;
  const { ended, position } = leftBy(life.context, life.lastAt, parts.capabilities);
  const told = ctx.objectClient<SymbolsObject>({ name: SYMBOLS }, snapshot.symbol).over(ended);
  if (isLimited()) {
    const open = position === undefined ? {} : { position: heldRiskOf(position) };
    await limitsOn(ctx).over({ clientOrderId, ...open });
  }
  await told;
}
