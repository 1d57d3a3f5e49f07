/**
 * The place of an execution among the others in its symbol: who trades there (M3), and on netting accounts what they hold
 * (R6.2). Where each entry has a position of its own, nothing is counted.
 */
import * as restate from '@restatedev/restate-sdk';
import { ZERO } from '../domain/decimal.js';
import { NO_COUNTS } from '../domain/symbol-totals.js';
import { exitPrices, heldBy } from '../machines/execution.context.js';
import { isOrderLive } from '../machines/execution.state.js';
import type { ExitsObject } from './exits-object.js';
import type { Hosting } from './hosting.js';
import { EXITS, SYMBOLS } from './names.js';
import type { LiveEntry, OthersInSymbol } from './symbol-totals.js';
import type { SymbolsObject } from './symbols-object.js';

const NO_OTHERS: OthersInSymbol = Object.freeze({ buy: NO_COUNTS, sell: NO_COUNTS, exits: [] });

/** Positions whose exits are looked at for a reconciliation. */
const MOST_LOOKED_AT = 4;
const LOOK_LIMIT_MS = 2_500;

interface Others {
  /** Takes its place in the symbol, before an order can be sent; the answer is that of `now`. */
  enter(): Promise<OthersInSymbol>;
  /** Resolves once it has its place; `false` when it never asked for one. */
  hasEntered(): Promise<boolean>;
  now(): Promise<OthersInSymbol>;
  /**
   * Looks at the exits that work in the symbol, whosever they are: what closed a position of another execution is learned late
   * by polls. Ends in any case.
   */
  lookAtExits(): Promise<void>;
  /** What this execution has filled, and may fill yet, is told to the others when it has changed. */
  count(): void;
}

export function othersOf({ ctx, parts, input, life }: Hosting): Others {
  const isNetting = parts.capabilities.positions === 'netting';
  const { symbol = '', side = 'buy' } = input.snapshot;
  let counted: LiveEntry = { ...NO_COUNTS, side };
  let entering: restate.RestatePromise<OthersInSymbol> | undefined;
  return {
    enter() {
      entering = ctx.objectClient<SymbolsObject>({ name: SYMBOLS }, symbol).enter(input.clientOrderId);
      // On a netting account the broker is asked after it; else side by side.
      return isNetting ? entering : Promise.resolve(NO_OTHERS);
    },
    async hasEntered() {
      await entering;
      return entering !== undefined;
    },
    async now() {
      if (!isNetting) return NO_OTHERS;
      return ctx.objectClient<SymbolsObject>({ name: SYMBOLS }, symbol).others(input.clientOrderId);
    },
    async lookAtExits() {
      const book = await ctx.objectClient<SymbolsObject>({ name: SYMBOLS }, symbol).book();
      const open = Object.entries(book.held).flatMap(([id, { isOver }]) => (isOver ? [] : [id]));
      const looks = open
        .slice(0, MOST_LOOKED_AT)
        .map((id) => ctx.objectClient<ExitsObject>({ name: EXITS }, id).lookNow() as restate.RestatePromise<void>);
      if (looks.length === 0) return;
      try {
        await restate.RestatePromise.all(looks).orTimeout(LOOK_LIMIT_MS);
      } catch (error) {
        if (!(error instanceof restate.TimeoutError)) throw error;
      }
    },
    count() {
      const { context, state } = life;
      if (!isNetting || context.firstSubmitAt === undefined) return;
      const { protection, order } = context;
      const { stopLoss, takeProfit } = exitPrices(context);
      const isHeld = stopLoss !== undefined && takeProfit !== undefined && protection.stopLoss === 'placed';
      const exits = isHeld ? [stopLoss, takeProfit] : undefined;
      const now = {
        side,
        filled: heldBy(context),
        open: isOrderLive(state) ? order.leavesQty : ZERO,
        cumQty: order.cumQty,
      };
      const hasChanged = now.filled !== counted.filled || now.open !== counted.open || (exits && !counted.exits);
      if (!hasChanged) return;
      const entry: LiveEntry = { ...now, ...(exits !== undefined && { exits }) };
      counted = entry;
      const { clientOrderId } = input;
      ctx.objectSendClient<SymbolsObject>({ name: SYMBOLS }, symbol).count({ clientOrderId, entry });
    },
  };
}
