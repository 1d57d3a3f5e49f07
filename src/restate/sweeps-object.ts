/**
 * Sweeps on Restate (M3): on demand, when workers start, and on a schedule, one at a time.
 *
 * 1. The comparison is one step of a worker; what it comes to is taken by gate, exits and symbols, once.
 * 2. Sweeps of the schedule follow one another by a delayed message with a number; one with an old number is dropped.
 */
import * as restate from '@restatedev/restate-sdk';
import type { SweepReport } from '../engine/sweep.js';
import type { ExitsObject } from './exits-object.js';
import type { GateObject } from './gate-object.js';
import { ALL, EXITS, GATE, SWEEPS, SYMBOLS } from './names.js';
import { OBJECT_OPTIONS } from './retry.js';
import { type Swept, sweepOnce } from './sweep-once.js';
import type { SymbolsObject } from './symbols-object.js';
import { tellMoved } from './tell-moved.js';
import type { WorkerParts } from './worker-parts.js';

type Exclusive = restate.ObjectContext;

/** A symbol that could not be compared is compared again after so long. */
const SOON_MS = 60_000;

export function sweepsObject(parts: WorkerParts) {
  async function sweepNow(ctx: Exclusive): Promise<SweepReport> {
    const swept = await ctx.run('sweep', () => sweepOnce(parts));
    const caseIds = await taken(ctx, swept);
    const gate = ctx.objectClient<GateObject>({ name: GATE }, ALL);
    const all = caseIds.size === 0 ? [] : await gate.cases();
    const report = { ...swept.report, cases: all.filter(({ caseId }) => caseIds.has(caseId)) };
    ctx.set('last', report);
    const { failures } = report;
    if (failures.length > 0 && parts.logger !== false)
      ctx.console.warn(`a sweep could not judge everything: ${failures.join('; ')}`);
    next(ctx, await numberOf(ctx), swept.unclear.length > 0 ? SOON_MS : parts.settings.sweepIntervalMs);
    return report;
  }

  /** Resolves with the ids of the cases that were opened, or added to. */
  async function taken(ctx: Exclusive, { raised, heard, certain }: Swept): Promise<ReadonlySet<string>> {
    for (const { clientOrderId, facts } of heard)
      ctx.objectSendClient<ExitsObject>({ name: EXITS }, clientOrderId).hear(facts);
    for (const { symbol, advisoryId } of certain)
      ctx.objectSendClient<SymbolsObject>({ name: SYMBOLS }, symbol).certain(advisoryId);
    const ids = new Set<string>();
    for (const found of raised) {
      const answer = await ctx.objectClient<GateObject>({ name: GATE }, ALL).raise(found);
      tellMoved(ctx, found);
      if ('value' in answer && answer.value !== undefined) ids.add(answer.value);
    }
    return ids;
  }

  const numberOf = async (ctx: Exclusive): Promise<number> => ((await ctx.get<number>('number')) ?? 0) + 1;

  /** From now on this one is the next. */
  function next(ctx: Exclusive, number: number, afterMs: number): void {
    ctx.set('number', number);
    ctx.objectSendClient<SweepsObject>({ name: SWEEPS }, ALL).due(number, restate.rpc.sendOpts({ delay: afterMs }));
  }

  return restate.object({
    name: SWEEPS,
    handlers: {
      /** Now, and resolves with what it found. */
      run: (ctx: Exclusive): Promise<SweepReport> => sweepNow(ctx),
      /** Soon: a worker has started. Of several that start together the last one's counts. */
      async begin(ctx: Exclusive): Promise<void> {
        next(ctx, await numberOf(ctx), parts.settings.sweepAfterStartMs);
      },
      async due(ctx: Exclusive, number: number): Promise<void> {
        if ((await ctx.get<number>('number')) === number) await sweepNow(ctx);
      },
      last: restate.handlers.object.shared(
        async (ctx: restate.ObjectSharedContext): Promise<SweepReport | null> => ctx.get<SweepReport>('last'),
      ),
    },
    // Longer than the questions of one sweep may take.
    options: { ...OBJECT_OPTIONS, inactivityTimeout: { minutes: 5 }, abortTimeout: { minutes: 5 } },
  });
}
type SweepsObject = ReturnType<typeof sweepsObject>;
