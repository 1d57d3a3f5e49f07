/**
 * An order replaced by one for less (35=G), under a ClOrdID of its own.
 *
 * 1. It is replaced when the counterparty says so (ExecType 5); PendingReplace is waited for.
 * 2. What does not say so proves nothing of the order: it may stand as it was.
 */

import type { KnownOrder } from './known-order.js';
import { orderReplaceRequest } from './messages.js';
import type { FixParts } from './parts.js';
import type { Patience } from './pending.js';

export type Replaced =
  | { readonly kind: 'replaced' }
  /** The order is over. */
  | { readonly kind: 'over' }
  | { readonly kind: 'refused' | 'unknown'; readonly why: string };

const PENDING_REPLACE = 'E';
const UNTIL_REPLACED: Patience = { isEnough: (heard) => heard.kind !== '8' || heard.ordStatus !== PENDING_REPLACE };

export async function replaceOrder(
  { settings, line, store, pending, newId }: FixParts,
  known: KnownOrder,
  quantity: string,
  signal: AbortSignal,
): Promise<Replaced> {
  const { clientOrderId, symbol } = known.order;
  if (!line.knows('G')) return { kind: 'refused', why: 'the dictionary has no OrderCancelReplaceRequest' };
  const replacementId = newId('r');
  store.nameCancel(replacementId, clientOrderId);
  const heard = await pending.ask(
    'replace',
    replacementId,
    signal,
    () => line.send('G', orderReplaceRequest(settings, known, replacementId, quantity), { symbol, role: 'exit' }),
    UNTIL_REPLACED,
  );
  const now = store.get(clientOrderId);
  if (now?.ended !== undefined) return { kind: 'over' };
  if (now?.name === replacementId) return { kind: 'replaced' };
  if (heard.kind === '9' || heard.kind === '3' || heard.kind === 'j') {
    return { kind: 'refused', why: heard.text ?? 'refused without a word' };
  }
  return { kind: 'unknown', why: 'cause' in heard ? heard.cause : 'no answer that says so' };
}
