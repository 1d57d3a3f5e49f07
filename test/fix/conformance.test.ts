/** The adapter keeps the promises of the broker port; what a FIX venue cannot show is skipped, with the reason. */
import { describe, it, onTestFinished } from 'vitest';
import { conformBroker } from '../../src/testing/conformance/conform.js';
import type { VenuePowers } from '../../src/testing/conformance/venue-powers.js';
import { brokerOn } from './fix.support.js';
import { type Message, ScriptedAcceptor, type Tags } from './scripted-acceptor.js';

type Kind = 'any' | 'fills' | 'rests' | 'fills-partly' | 'rejects' | 'submit-hangs' | 'query-hangs';

/** How the market moves to a price, so that exits that it reaches are filled; and what else the venue can do. */
interface VenueActs {
  readonly moveTo: (price: string) => void;
  readonly powers: VenuePowers;
}

/** A venue that keeps orders and a position. */
function venue(kind: Kind, acceptor: ScriptedAcceptor): VenueActs {
  const orders = new Map<string, { readonly order: Message; state: string; filled: number; price?: string }>();
  let stopRefusedAfterMs: number | undefined;
  const held = new Map<string, number>();
  const tell = (id: string, message?: Message, execType?: string, more: Tags = {}): void => {
    const known = orders.get(id);
    if (known === undefined) return;
    const { order, state, filled } = known;
    const cancel = message?.type === 'F' ? { 11: message.tag(11), 41: id, 37: `o-${id}` } : {};
    const price = filled > 0 ? (known.price ?? '151.00') : 0;
    const open = ['0', '1'].includes(state) ? Number(order.tag(38)) - filled : 0;
    acceptor.report(order, { 150: execType ?? state, 39: state, 14: filled, 6: price, 151: open, ...cancel, ...more });
  };
  const take = (message: Message): void => {
    const id = message.tag(11);
    const isExit = message.tag(40) !== '1';
    if (kind === 'rejects') acceptor.report(message, { 150: 8, 39: 8, 103: 0, 58: 'no margin' });
    if (kind === 'rejects' || kind === 'submit-hangs') return;
    const all = Number(message.tag(38));
    const filled =
      isExit || kind === 'rests' || kind === 'query-hangs' ? 0 : kind === 'fills-partly' ? Math.floor(all / 2) : all;
    const isRefused = stopRefusedAfterMs !== undefined && message.tag(40) === '3';
    orders.set(id, { order: message, state: isRefused ? 'A' : '0', filled: 0 });
    tell(id);
    if (filled > 0) fill(id, message, filled);
    if (isRefused) setTimeout(() => end(id, '8'), stopRefusedAfterMs);
  };
  const end = (id: string, state: string): void => {
    const known = orders.get(id);
    if (known === undefined) return;
    known.state = state;
    tell(id);
  };
  const fill = (id: string, message: Message, filled: number): void => {
    orders.set(id, { order: message, state: filled === Number(message.tag(38)) ? '2' : '1', filled });
    const sign = message.tag(54) === '2' ? -1 : 1;
    held.set(message.tag(55), (held.get(message.tag(55)) ?? 0) + sign * filled);
    tell(id, undefined, 'F', { 17: `fill-${id}`, 32: filled, 31: '151.00' });
  };
  /** Busts (H) the one fill of an order, or corrects it (G). */
  const correct = (id: string, price?: string): void => {
    const known = orders.get(id);
    if (known === undefined) return;
    const ids = { 17: `change-${id}`, 19: `fill-${id}` };
    if (price === undefined) Object.assign(known, { state: '4', filled: 0 });
    else known.price = price;
    if (price === undefined) tell(id, undefined, 'H', ids);
    else tell(id, undefined, 'G', { ...ids, 32: known.filled, 31: price });
  };
  const moveTo = (price: string): void => {
    for (const [id, { order, state }] of orders) {
      if (state !== '0' || order.tag(40) === '1') continue;
      const isStop = order.tag(40) === '3';
      const isAbove = Number(price) >= Number(order.tag(isStop ? 99 : 44));
      if (isAbove === ((order.tag(54) === '2') !== isStop)) fill(id, order, Number(order.tag(38)));
    }
  };
  const cancel = (message: Message): void => {
    const known = orders.get(message.tag(41));
    const reject = { 37: 'NONE', 11: message.tag(11), 41: message.tag(41), 434: 1 };
    if (known === undefined) acceptor.send('9', { ...reject, 39: 8, 102: 1 });
    else if (!['0', '1'].includes(known.state)) acceptor.send('9', { ...reject, 39: known.state, 102: 0 });
    else {
      known.state = '4';
      tell(message.tag(41), message);
    }
  };
  const status = (message: Message): void => {
    if (kind === 'query-hangs') return;
    if (orders.has(message.tag(11))) tell(message.tag(11), message, 'I');
    else acceptor.report(message, { 37: 'NONE', 150: 'I', 39: 8, 103: 5 });
  };
  const positions = (message: Message): void => {
    const open = [...held].filter(([, size]) => size !== 0);
    const tags = { 710: message.tag(710), 721: 'r', 728: open.length === 0 ? 2 : 0, 727: open.length };
    if (open.length === 0) acceptor.send('AO', { ...tags, 729: 0 });
    for (const [symbol, size] of open) {
      const sides = { 704: Math.max(size, 0), 705: Math.max(-size, 0) };
      acceptor.send('AP', { ...tags, 55: symbol, 730: '151.00', 702: 1, 703: 'TQ', ...sides });
    }
  };
  const openOrders = (message: Message): void => {
    const open = [...orders].filter(([, { state }]) => ['0', '1'].includes(state));
    const asked = { 584: message.tag(584), 911: open.length, 150: 'I', 17: 0 };
    for (const [, { order, state, filled }] of open) {
      acceptor.report(order, { ...asked, 39: state, 14: filled, 6: filled > 0 ? '151.00' : 0 });
    }
    if (open.length === 0)
      acceptor.report(message, { ...asked, 11: 'none', 37: 'NONE', 39: 8, 103: 5, 54: 1, 55: 'none' });
  };
  const answers: Readonly<Record<string, (message: Message) => void>> = {
    D: take,
    F: cancel,
    H: status,
    AF: openOrders,
    AN: positions,
  };
  acceptor.script = (message) => answers[message.type]?.(message);
  const powers: VenuePowers = {
    takeBack: (id) => correct(id),
    correctPrice: (id, price) => correct(id, price),
    endExit: (id) => end(id, '4'),
    refuseNextStop: (afterMs) => {
      stopRefusedAfterMs = afterMs;
    },
  };
  return { moveTo, powers };
}

conformBroker(
  'fix',
  async (situation) => {
    const acceptor = await ScriptedAcceptor.listen();
    const { moveTo, powers } = venue(situation, acceptor);
    onTestFinished(() => acceptor.close());
    const { broker } = brokerOn(acceptor.port, { positions: { account: 'ACC' }, massStatus: true });
    return { broker, moveTo, venue: powers, cutPush: () => acceptor.cut() };
  },
  {
    describe,
    it,
    symbol: 'AAPL',
    expectedPrice: '151',
    skip: { 'BC-30': 'FIX has no reduce-only order that every counterparty knows: refusing is up to it' },
    onUnhandledRejection(listener) {
      process.on('unhandledRejection', listener);
      return () => process.off('unhandledRejection', listener);
    },
  },
);
