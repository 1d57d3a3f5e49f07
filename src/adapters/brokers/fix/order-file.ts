/**
 * The orders that were sent, on disk: a line an order, one more for each name that a replacement gave it, and one when it is
 * over.
 *
 * 1. A line is with the operating system before the call returns: what was sent is known after the end of the process.
 * 2. A last line that was cut off is of an order that was not sent; it is taken away. Any other line that cannot be read is
 *    an error: the order in it might be sent again.
 */
import { appendFileSync } from 'node:fs';
import type { OutgoingOrder } from './known-order.js';
import type { FixSettings } from './settings.js';
import { readText, replaceText, storePath } from './store-folder.js';

/** An order of an earlier process, and the state in which it ended; `undefined` while that is not known. */
interface KeptOrder {
  readonly order: OutgoingOrder;
  readonly ended: string | undefined;
  /** The ClOrdID and the quantity that it has since it was replaced. */
  readonly replaced: Replacement | undefined;
}

interface Replacement {
  readonly name: string;
  readonly quantity: string;
}

export interface OrderFile {
  readonly kept: readonly KeptOrder[];
  write(order: OutgoingOrder): void;
  ended(clientOrderId: string, state: string): void;
  replaced(clientOrderId: string, by: Replacement): void;
}

/** Orders that are kept when the file is opened; each has about 160 bytes. */
const MOST_KEPT = 20_000;

/** @throws {Error} when the file cannot be read or written, naming the line */
export function orderFile(settings: FixSettings, folder: string): OrderFile {
  const path = storePath(settings, folder, 'orders');
  const append = (line: object): void => appendFileSync(path, `${JSON.stringify(line)}\n`);
  return {
    kept: readOrders(path),
    write: append,
    ended: (clientOrderId, state) => append({ ended: clientOrderId, state }),
    replaced: (clientOrderId, { name, quantity }) => append({ replaced: clientOrderId, name, quantity }),
  };
}

function readOrders(path: string): readonly KeptOrder[] {
  const text = readText(path) ?? '';
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  const orders = new Map<string, KeptOrder>();
  for (const [index, line] of whole.split('\n').entries()) {
    if (line !== '') take(orders, line, `line ${index + 1} of ${path}`);
  }
  const all = [...orders.values()];
  const kept = all.length > 2 * MOST_KEPT ? all.slice(-MOST_KEPT) : all;
  if (kept.length < all.length) replaceText(path, kept.flatMap(linesOf).join(''));
  else if (whole !== text) replaceText(path, whole);
  return kept;
}

const linesOf = ({ order, ended, replaced }: KeptOrder): readonly string[] => [
  `${JSON.stringify(order)}\n`,
  ...(replaced === undefined ? [] : [`${JSON.stringify({ replaced: order.clientOrderId, ...replaced })}\n`]),
  ...(ended === undefined ? [] : [`${JSON.stringify({ ended: order.clientOrderId, state: ended })}\n`]),
];

function take(orders: Map<string, KeptOrder>, line: string, where: string): void {
  const read = recordOf(line);
  const { ended, state, clientOrderId, replaced, name, quantity } = read ?? {};
  if (typeof ended === 'string' && typeof state === 'string') {
    const known = orders.get(ended);
    // An order may have been left out when the file was shortened; that it is over does not matter then.
    if (known !== undefined) orders.set(ended, { ...known, ended: state });
    return;
  }
  if (typeof replaced === 'string' && typeof name === 'string' && typeof quantity === 'string') {
    const known = orders.get(replaced);
    if (known !== undefined) orders.set(replaced, { ...known, replaced: { name, quantity } });
    return;
  }
  if (read === undefined || typeof clientOrderId !== 'string' || typeof read['symbol'] !== 'string') {
    throw new Error(`FIX: ${where} is damaged: which order it tells of cannot be read, and it might be sent again`);
  }
  const { ended: before, replaced: renamed } = orders.get(clientOrderId) ?? {};
  orders.set(clientOrderId, { order: read as unknown as OutgoingOrder, ended: before, replaced: renamed });
}

function recordOf(line: string): Record<string, unknown> | undefined {
  try {
    const read: unknown = JSON.parse(line);
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
