/**
 * What the cases of orders and of corrections at FIX share.
 */
import type { OrderReport } from 'fillchart';
import { expect } from 'vitest';
import type { Push } from './fix.support.js';
import type { Message, ScriptedAcceptor, Tags } from './scripted-acceptor.js';

export const reportsOf = (pushes: readonly Push[], id = 'fc-1'): readonly OrderReport[] =>
  pushes.filter((push): push is OrderReport => 'state' in push && push.clientOrderId === id);

export const sent = (acceptor: ScriptedAcceptor, id: string): Message =>
  acceptor.of('D').find((message) => message.tag(11) === id) ?? expect.fail(`${id} was not sent`);

/** One fill: its id, size and price, what is filled in all, and the average. */
export const fill = (id: string, quantity: number, price: string, cum: number, average: string | number): Tags => ({
  17: id,
  150: 'F',
  39: cum === 100 ? 2 : 1,
  32: quantity,
  31: price,
  14: cum,
  6: average,
});
