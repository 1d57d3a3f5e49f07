/**
 * The operator's limits over all workers, as an object on Restate (G1–G3): asked before an order, told what became of it.
 *
 * 1. One object, since what adds up adds up over all symbols. It is asked for only where limits, or a veto, are configured.
 * 2. A bound that is reached sets `RISK_LIMIT` at the gate, after the order that reached it.
 */
import * as restate from '@restatedev/restate-sdk';
import type { AuditEntry } from '../domain/audit.js';
import type { Decimal } from '../domain/decimal.js';
import type { CheckedRisk } from '../engine/limit-options.js';
import type { RiskOrder } from '../engine/risk-gate.js';
import type { GateObject } from './gate-object.js';
import { ALL, GATE, LIMITS } from './names.js';
import { OBJECT_OPTIONS } from './retry.js';
import {
  EMPTY_RISK,
  type HeldRisk,
  holding,
  marked,
  overNow,
  type RiskBook,
  type RiskOutcome,
  type RiskRules,
  type Room,
  realised,
  reserved,
  settled,
} from './risk-book.js';
import type { WorkerParts } from './worker-parts.js';

type Exclusive = restate.ObjectContext;

/** A worker without limits, which is asked all the same while the limits are being taken away: it bounds nothing. */
const NO_LIMITS: Pick<CheckedRisk, 'limits'> = { limits: { all: {}, bySymbol: new Map() } };

/** A position, or none, as it is told. */
export interface Position {
  readonly clientOrderId: string;
  readonly position?: HeldRisk;
}

export function limitsHandlers({ risk, aliases }: Pick<WorkerParts, 'risk' | 'aliases'>) {
  const rules: RiskRules = { risk: risk ?? NO_LIMITS, aliases };
  const bookOf = async (ctx: Exclusive): Promise<RiskBook> => (await ctx.get<RiskBook>('book')) ?? EMPTY_RISK;

  function kept(ctx: Exclusive, { book, reached }: RiskOutcome): void {
    ctx.set('book', book);
    for (const limit of reached) ctx.objectSendClient<GateObject>({ name: GATE }, ALL).halt(limit);
  }

  return {
    async reserve(ctx: Exclusive, order: RiskOrder): Promise<Room> {
      const { refusal, counted, ...outcome } = reserved(await bookOf(ctx), rules, order, await ctx.date.now());
      kept(ctx, outcome);
      return { counted, ...(refusal !== undefined && { refusal }) };
    },
    async settle(ctx: Exclusive, given: { clientOrderId: string; isSent: boolean }): Promise<void> {
      kept(ctx, settled(await bookOf(ctx), rules, given.clientOrderId, given.isSent, await ctx.date.now()));
    },
    async mark(ctx: Exclusive, given: { clientOrderId: string; notional: Decimal }): Promise<void> {
      ctx.set('book', marked(await bookOf(ctx), given.clientOrderId, given.notional));
    },
    async over(ctx: Exclusive, { clientOrderId, position }: Position): Promise<void> {
      ctx.set('book', overNow(await bookOf(ctx), clientOrderId, position));
    },
    async hold(ctx: Exclusive, { clientOrderId, position }: Position): Promise<void> {
      ctx.set('book', holding(await bookOf(ctx), clientOrderId, position));
    },
    async realise(ctx: Exclusive, { audit, at }: { audit: readonly AuditEntry[]; at: number }): Promise<void> {
      kept(ctx, realised(await bookOf(ctx), rules, audit, at));
    },
  };
}

export const limitsObject = (parts: Parameters<typeof limitsHandlers>[0]) =>
  restate.object({ name: LIMITS, handlers: limitsHandlers(parts), options: OBJECT_OPTIONS });
export type LimitsObject = ReturnType<typeof limitsObject>;
