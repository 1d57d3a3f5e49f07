/**
 * What the tests of exits at FIX share.
 */
import type { OrderReport } from 'fillchart';
import { expect } from 'vitest';
import { type Push, ref } from './fix.support.js';
import type { Message, ScriptedAcceptor } from './scripted-acceptor.js';

export const exits = { ...ref(), side: 'sell' as const, quantity: '100', stopLoss: '147.98', takeProfit: '155.53' };

export const reportsOf = (pushes: readonly Push[], id: string): readonly OrderReport[] =>
  pushes.filter((push): push is OrderReport => 'state' in push && push.clientOrderId === id);

export const sent = (acceptor: ScriptedAcceptor, id: string): Message =>
  acceptor.of('D').find((message) => message.tag(11) === id) ?? expect.fail(`${id} was not sent`);
