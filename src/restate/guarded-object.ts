/**
 * What the order guards of the workers saw of an order while Restate was away: told by the worker that sent it, asked for by
 * whichever worker goes on with its execution.
 */
import * as restate from '@restatedev/restate-sdk';
import { GUARDED } from './names.js';
import type { GuardFact } from './order-guard.js';
import { OBJECT_OPTIONS } from './retry.js';

/** Far longer than any execution takes. */
const KEPT_MS = 86_400_000;

export const guardedObject = restate.object({
  name: GUARDED,
  handlers: {
    async tell(ctx: restate.ObjectContext, facts: readonly GuardFact[]): Promise<void> {
      ctx.set('facts', facts);
      ctx.objectSendClient<GuardedObject>({ name: GUARDED }, ctx.key).forget(restate.rpc.sendOpts({ delay: KEPT_MS }));
    },
    async forget(ctx: restate.ObjectContext): Promise<void> {
      ctx.clearAll();
    },
    facts: restate.handlers.object.shared(
      async (ctx: restate.ObjectSharedContext): Promise<readonly GuardFact[]> =>
        (await ctx.get<readonly GuardFact[]>('facts')) ?? [],
    ),
  },
  options: OBJECT_OPTIONS,
});
type GuardedObject = typeof guardedObject;
