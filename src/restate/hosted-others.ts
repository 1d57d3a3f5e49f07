/**
 * What other executions hold in the symbol, on netting accounts (R6.2). Where each entry has a position of its own, nobody
 * is asked and nothing is counted.
 */
import { add, ZERO } from '../domain/decimal.js';
import type { FilledBySide } from '../domain/others-fills.js';
import { heldBy } from '../machines/execution.context.js';
import { isOrderLive } from '../machines/execution.state.js';
import type { Hosting } from './hosting.js';
import { SYMBOLS } from './names.js';
import type { SymbolsObject } from './objects.js';
import type { Counts } from './symbol-totals.js';

export type OthersCounts = Readonly<Record<'buy' | 'sell', Counts>>;

const NOTHING: Counts = Object.freeze({ filled: ZERO, open: ZERO });
const NO_OTHERS: OthersCounts = Object.freeze({ buy: NOTHING, sell: NOTHING });

export interface Others {
  now(): Promise<OthersCounts>;
  /** What this execution has filled, and may fill yet, is told to the others when it has changed. */
  count(): void;
}

export function othersOf({ ctx, parts, input, life }: Hosting): Others {
  const isNetting = parts.capabilities.positions === 'netting';
  const { symbol = '', side = 'buy' } = input.snapshot;
  let counted = NOTHING;
  return {
    async now() {
      if (!isNetting) return NO_OTHERS;
      return ctx.objectClient<SymbolsObject>({ name: SYMBOLS }, symbol).others(input.clientOrderId);
    },
    count() {
      const { context, state } = life;
      if (!isNetting || context.firstSubmitAt === undefined) return;
      const now: Counts = { filled: heldBy(context), open: isOrderLive(state) ? context.order.leavesQty : ZERO };
      if (now.filled === counted.filled && now.open === counted.open) return;
      counted = now;
      const entry = { side, ...now };
      const { clientOrderId } = input;
      ctx.objectSendClient<SymbolsObject>({ name: SYMBOLS }, symbol).count({ clientOrderId, entry });
    },
  };
}

/** The least is what was known before the question, the most what can be by the answer. */
export const rangeOf = (before: OthersCounts, after: OthersCounts): FilledBySide => ({
  buy: { least: before.buy.filled, most: add(after.buy.filled, after.buy.open) },
  sell: { least: before.sell.filled, most: add(after.sell.filled, after.sell.open) },
});
