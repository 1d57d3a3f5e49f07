/**
 * The operator's limits and the host program's veto, for one hosted execution (V11, G1, G2).
 *
 * 1. Room is reserved before the intent, where all orders of all workers are known; it is given back when nothing was sent.
 * 2. Whether there are limits is settled when the execution begins: workers whose configuration differs agree on each.
 */
import type * as restate from '@restatedev/restate-sdk';
import type { Decimal } from '../domain/decimal.js';
import { notionalOfHeld, notionalOfLive, type RiskOrder } from '../engine/risk-gate.js';
import type { ExecutionContext } from '../machines/execution.context.js';
import type { ProtectionContext } from '../machines/protection.context.js';
import type { Hosting } from './hosting.js';
import type { LimitsObject } from './limits-object.js';
import { ALL, LIMITS } from './names.js';
import type { HeldRisk, Room } from './risk-book.js';

interface HostedLimits {
  /** `undefined`: there are no limits, and nobody is asked. */
  reserve(): Promise<Room | undefined>;
  settle(isSent: boolean): void;
  /** What the order may come to is told when it has changed. */
  count(): void;
}

export const limitsOn = (ctx: restate.Context) => ctx.objectClient<LimitsObject>({ name: LIMITS }, ALL);
export const toLimits = (ctx: restate.Context) => ctx.objectSendClient<LimitsObject>({ name: LIMITS }, ALL);

export function hostedLimits({ ctx, input, life, isLimited }: Hosting): HostedLimits {
  const { clientOrderId } = input;
  let told: Decimal | undefined;
  return {
    async reserve() {
      return isLimited() ? limitsOn(ctx).reserve(orderOf(life.context)) : undefined;
    },
    settle(isSent) {
      if (isLimited()) toLimits(ctx).settle({ clientOrderId, isSent });
    },
    count() {
      if (!isLimited() || life.context.firstSubmitAt === undefined || life.isDone) return;
      const notional = notionalOfLive(life.state);
      if (notional === told) return;
      told = notional;
      toLimits(ctx).mark({ clientOrderId, notional });
    },
  };
}

const orderOf = ({ clientOrderId, snapshot, marketPrice, attempts }: ExecutionContext): RiskOrder => ({
  ...{ clientOrderId, snapshot, attempts },
  ...(marketPrice !== undefined && { marketPrice }),
});

/** A position, as the limits count it. */
export function heldRiskOf(context: ProtectionContext): HeldRisk {
  const notional = notionalOfHeld(context);
  return { symbol: context.symbol, ...(notional !== undefined && { notional }) };
}
