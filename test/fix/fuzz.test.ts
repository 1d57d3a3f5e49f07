/**
 * Damaged messages: no crash, no invented fill, memory bounded.
 *
 * `npm run fuzz -- --only fix --count 100000 --seed 7` feeds so many to each version.
 */
import type { Clock, OrderReport } from 'fillchart';
import { describe, expect, it } from 'vitest';
import { collector } from '../../src/adapters/brokers/fix/collector.js';
import type { Received } from '../../src/adapters/brokers/fix/execution-report.js';
import { inbox } from '../../src/adapters/brokers/fix/inbox.js';
import { loadFix } from '../../src/adapters/brokers/fix/library.js';
import type { FixVersion } from '../../src/adapters/brokers/fix/options.js';
import { orderStore } from '../../src/adapters/brokers/fix/order-store.js';
import { pendingQuestions } from '../../src/adapters/brokers/fix/pending.js';
import { sequenceNumbers } from '../../src/adapters/brokers/fix/sequence-numbers.js';
import { fixSession } from '../../src/adapters/brokers/fix/session.js';
import { readSettings } from '../../src/adapters/brokers/fix/settings.js';
import type { Transport } from '../../src/adapters/brokers/fix/transport.js';
import { parseDecimal } from '../../src/domain/decimal.js';
import { seededRandom } from '../../src/testing/simulation/random.js';
import { liveHeap } from '../live-heap.js';
import { framed, type Tags } from './scripted-acceptor.js';

const MESSAGES = Number(process.env['FUZZ_MESSAGES'] ?? 6_000);
const SEED = Number(process.env['FUZZ_SEED'] ?? 1);
/** What may be kept more in the second half than after the first, in bytes. */
const MOST_GROWTH = 48 * 2 ** 20;
const ORDERS = 50;

/** Timers that fire when the test says so. */
function manualClock(): Clock & { advance(ms: number): void } {
  let now = 0;
  let next = 1;
  const timers = new Map<number, { readonly at: number; readonly fn: () => void }>();
  return {
    now: () => Date.UTC(2026, 10, 28) + now,
    monotonic: () => now,
    setTimeout(fn, ms) {
      timers.set(next, { at: now + ms, fn });
      return next++;
    },
    clearTimeout: (id) => void timers.delete(id as number),
    advance(ms) {
      now += ms;
      for (const [id, { at, fn }] of [...timers]) if (at <= now && timers.delete(id)) fn();
    },
  };
}

/** A connection in memory. */
function pipe() {
  let data: (bytes: Buffer) => void = () => {};
  const ends: ((what: string) => void)[] = [];
  const transport: Transport = {
    write: () => {},
    onData(listener) {
      data = listener;
    },
    onEnd: (listener) => void ends.push(listener),
    end: () => {},
    destroy: () => {},
    firstBytes: Buffer.alloc(0),
    isOpen: true,
  };
  return {
    transport,
    feed: (bytes: Buffer) => data(bytes),
    hangUp(): void {
      for (const end of ends) end('the connection was closed');
    },
  };
}

interface Draw {
  /** A whole number from 0 up to a bound, which is not reached. */
  below(bound: number): number;
}

function drawFrom(seed: number): Draw {
  const random = seededRandom(seed);
  return { below: (bound) => (bound <= 1 ? 0 : random.int(0, bound - 1)) };
}

const pick = <Item>(random: Draw, items: readonly Item[]): Item => items[random.below(items.length)] as Item;

/** What a counterparty may say, sound. */
function anything(random: Draw): readonly [string, Tags] {
  const id = `fc-${random.below(ORDERS)}`;
  const report = {
    37: pick(random, [`o-${id}`, 'NONE', '0']),
    11: id,
    17: `e${random.below(2_000)}`,
    150: pick(random, ['0', '1', '2', '4', '8', 'A', 'C', 'D', 'F', 'G', 'H', 'I']),
    39: pick(random, ['0', '1', '2', '4', '8', 'A', 'B', 'C']),
    55: 'AAPL',
    54: 1,
    151: random.below(100),
    14: random.below(101),
    6: pick(random, ['0', '150.25', '151']),
    32: random.below(100),
    31: '150.25',
    ...(random.below(4) === 0 && { 19: `e${random.below(2_000)}`, 58: 'some text 8=FIX.4.4 of theirs' }),
  };
  const more: readonly (readonly [string, Tags])[] = [
    ['0', {}],
    ['1', { 112: 'x' }],
    ['2', { 7: random.below(50), 16: random.below(50) }],
    ['3', { 45: random.below(50), 372: 'D', 373: 5, 58: 'no' }],
    ['4', { 36: random.below(300), 123: pick(random, ['Y', 'N']) }],
    ['5', { 58: 'bye' }],
    ['9', { 37: 'o', 11: 'c', 41: id, 39: 0, 434: 1, 102: 1 }],
    ['j', { 45: random.below(50), 372: 'D', 380: 3, 379: id }],
    ['B', { 148: 'news' }],
    ['A', { 98: 0, 108: 30, ...(random.below(3) === 0 && { 141: 'Y' }) }],
  ];
  return random.below(3) > 0 ? ['8', report] : pick(random, more);
}

/** Bytes that are changed, cut, doubled or put in; framed anew now and then, so that only the content is wrong. */
function damaged(random: Draw, text: string, version: string): string {
  const at = random.below(text.length);
  const some = text.slice(at, at + random.below(30));
  const changed = pick(random, [
    `${text.slice(0, at)}${String.fromCharCode(random.below(256))}${text.slice(at + 1)}`,
    text.slice(0, at) + text.slice(at + 1 + random.below(20)),
    text.slice(0, at) + some + text.slice(at),
    text.slice(0, at),
    `${text.slice(0, at)}\x01${text.slice(at)}`,
    text.replace(/9=\d+/, `9=${random.below(2_000)}`),
    text.replace(/34=\d+/, `34=${random.below(400)}`),
    text.replace('49=VENUE', '49=VENU'),
    some + text,
  ]);
  const fields = changed.slice(changed.indexOf('\x0135=') + 1, changed.lastIndexOf('\x0110=') + 1);
  return random.below(3) === 0 && fields.startsWith('35=') ? framed(version, fields) : changed;
}

/** Sound by BeginString, BodyLength and CheckSum, read in another way than the adapter's. */
function isSound(text: string, version: string): boolean {
  const fields = text.slice(text.indexOf('\x0135=') + 1, text.lastIndexOf('\x0110=') + 1);
  return text === framed(version, fields);
}

async function fuzz(version: FixVersion, count: number, halfway: () => void) {
  const random = drawFrom(SEED);
  const loaded = await loadFix(version);
  const clock = manualClock();
  const instruments = [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }];
  const common = { host: 'h', port: 1, senderCompId: 'US', targetCompId: 'VENUE', instruments, clock, warn: () => {} };
  const settings = readSettings({ version, ...common });
  const numbers = sequenceNumbers(settings, false);
  const store = orderStore(undefined);
  const pushed: OrderReport[] = [];
  const positions = collector<never>('positions', () => 'p');
  const take = inbox(
    settings,
    {
      store,
      pending: pendingQuestions(clock),
      positions,
      openOrders: collector('orders', () => 'o'),
      quotes: collector('quote', () => 'q'),
    },
    { report: (report) => void pushed.push(report), doubted: () => {}, odd: () => {}, statusNotKnown: () => {} },
  );
  const found = { delivered: 0, invented: [] as string[], unreadable: [] as OrderReport[], sessions: 0, pushes: 0 };
  for (let order = 0; order < ORDERS; order += 1) {
    store.write({ clientOrderId: `fc-${order}`, symbol: 'AAPL', side: 'buy', quantity: '100' });
  }
  let isUp = false;
  /** All that was sent in the session. */
  let stream = '';
  let wire = pipe();
  const received = (message: Received): void => {
    found.delivered += 1;
    const text = 'bytes' in message ? (message.bytes as Buffer).toString('latin1') : '';
    if (!stream.includes(text) || !isSound(text, version)) found.invented.push(text);
    take(message);
  };
  function open(): void {
    found.sessions += 1;
    isUp = true;
    stream = '';
    wire = pipe();
    const ended = (): void => {
      isUp = false;
    };
    const nothing = (): void => {};
    const listener = {
      ready: nothing,
      heard: nothing,
      received,
      refused: nothing,
      renumbered: nothing,
      skipped: nothing,
      warn: nothing,
      ended,
    };
    fixSession(loaded, settings, numbers, found.sessions % 5 === 1, wire.transport, listener);
    wire.feed(Buffer.from(message('A', numbers.target, { 98: 0, 108: 30 }), 'latin1'));
  }
  const message = (type: string, number: number, tags: Tags): string => {
    const body = Object.entries(tags).map(([tag, value]) => `${tag}=${value}\x01`);
    return framed(
      version,
      `35=${type}\x0149=VENUE\x0156=US\x0134=${number}\x0152=20261128-10:00:00\x01${body.join('')}`,
    );
  };
  for (let done = 0; done < count; done += 1) {
    if (!isUp) open();
    const [type, tags] = anything(random);
    const duplicate = random.below(10) === 0 ? { 43: 'Y', 122: '20261128-09:00:00' } : {};
    const number = numbers.target + (random.below(8) === 0 ? random.below(5) : 0);
    const whole = message(type, number, { ...duplicate, ...tags });
    const text = random.below(10) === 0 ? whole : damaged(random, whole, version);
    stream += text;
    const bytes = Buffer.from(text, 'latin1');
    const cut = random.below(bytes.length + 1);
    wire.feed(bytes.subarray(0, cut));
    wire.feed(bytes.subarray(cut));
    if (random.below(20) === 0) clock.advance(random.below(4_000));
    if (random.below(400) === 0) wire.hangUp();
    for (const report of pushed) if (parseDecimal(report.filledSize) === undefined) found.unreadable.push(report);
    found.pushes += pushed.length;
    pushed.length = 0;
    if (done === Math.floor(count / 2)) halfway();
  }
  return found;
}

describe('FIX damaged messages by the thousand', () => {
  it.each(['FIX.4.2', 'FIX.4.4'] as const)(
    '%s: no crash, nothing invented, memory bounded',
    async (version) => {
      let half = 0;
      const found = await fuzz(version, MESSAGES, () => {
        half = liveHeap();
      });
      expect(found.invented).toEqual([]);
      expect(found.unreadable).toEqual([]);
      // The run shows something: sessions came and went, and reports were taken in.
      expect(Math.min(found.delivered, found.pushes, found.sessions)).toBeGreaterThan(20);
      expect(liveHeap() - half).toBeLessThan(MOST_GROWTH);
    },
    3_600_000,
  );

  it('a message with a wrong CheckSum that is taken as sent would be noticed (negative control)', () => {
    const whole = framed('FIX.4.4', '35=0\x0149=VENUE\x0156=US\x0134=1\x01');
    expect(isSound(whole, 'FIX.4.4')).toBe(true);
    expect(isSound(whole.replace('34=1', '34=2'), 'FIX.4.4')).toBe(false);
  });
});
