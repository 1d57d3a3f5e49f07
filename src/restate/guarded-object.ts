/**
 * What the order guards of the workers saw of an order while Restate was away: told by the worker that sent it, asked for by
 * whichever worker goes on with its execution.
 */
import * as restate from '@restatedev/restate-sdk';
import { GUARDED } from './names.js';
import type { GuardFact } from './order-guard.js';
import { OBJECT_OPTIONS } from './retry.js';

export const guardedObject = restate.object({
  name: GUARDED,
  handlers: {
    async tell(ctx: restate.ObjectContext, facts: readonly GuardFact[]): Promise<void> {
      ctx.set('facts', facts);
    },
    facts: restate.handlers.object.shared(
      async (ctx: restate.ObjectSharedContext): Promise<readonly GuardFact[]> =>
        (await ctx.get<readonly GuardFact[]>('facts')) ?? [],
    ),
  },
  options: OBJECT_OPTIONS,
});
export type GuardedObject = typeof guardedObject;
