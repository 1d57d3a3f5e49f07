/**
 * Many executions at a counterparty that damages a message in a hundred, loses one in a hundred, takes back a fill in a
 * hundred, and cuts the line every so often: none is lost, doubled, or naked without a case.
 *
 * `FIX_EXECUTIONS=2000 FIX_SEED=7 npx vitest run --project deep test/fix/rough-day.test.ts` runs so many.
 */
import { createEngine, type Engine, type ExecutionResult, type SnapshotInput } from 'fillchart';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Random, seededRandom } from '../../src/testing/simulation/random.js';
import { setting } from './fix.support.js';
import type { Message, ScriptedAcceptor, Tags } from './scripted-acceptor.js';

const EXECUTIONS = Number(process.env['FIX_EXECUTIONS'] ?? 40);
const SEED = Number(process.env['FIX_SEED'] ?? 1);
/** A cut after so many entries. */
const CUT_EVERY = Math.min(200, Math.ceil(EXECUTIONS / 5));
/** Many lanes mean that a cut meets orders on their way, which then end after their 30 s. */
const AT_ONCE = EXECUTIONS < 1_000 ? 1 : 20;
const PRICE = '151.00';

interface Order {
  readonly message: Message;
  state: '0' | '2' | '4';
  filled: number;
}

interface Chances {
  readonly garbled: number;
  readonly lost: number;
  readonly bust: number;
}

const isExit = (message: Message): boolean => /-(?:sl|tp)$/.test(message.tag(11));
const entryOf = (id: string): string => id.replace(/-(?:sl|tp)$/, '');

/** What the counterparty holds to be true, and what it did. */
class RoughVenue {
  readonly orders = new Map<string, Order>();
  readonly did = { garbled: 0, lost: 0, busts: 0, cuts: 0 };
  readonly #acceptor: ScriptedAcceptor;
  readonly #random: Random;
  readonly #chances: Chances;
  #entries = 0;
  #executions = 0;

  constructor(acceptor: ScriptedAcceptor, random: Random, chances: Chances) {
    this.#acceptor = acceptor;
    this.#random = random;
    this.#chances = chances;
    acceptor.script = (message) => {
      if (message.type === 'D') this.#take(message);
      if (message.type === 'H') this.#status(message);
      if (message.type === 'F') this.#cancel(message);
    };
  }

  /** Says something, which may be damaged or lost on the way; it is sent again when it is asked for. */
  #say(order: Message, tags: Tags): void {
    const acceptor = this.#acceptor;
    if (this.#random.chance(this.#chances.garbled)) {
      this.did.garbled += 1;
      acceptor.damage = (text) =>
        this.#random.chance(0.5) ? text.replace(/9=\d+/, '9=77') : text.replace('\x0155=', '\x0156=');
      acceptor.report(order, tags);
    } else if (this.#random.chance(this.#chances.lost)) {
      this.did.lost += 1;
      acceptor.isMute = true;
      acceptor.report(order, tags);
      acceptor.isMute = false;
      acceptor.heartbeat();
    } else acceptor.report(order, tags);
  }

  #take(message: Message): void {
    const id = message.tag(11);
    const order: Order = { message, state: '0', filled: 0 };
    expect(this.orders.has(id), `${id} came twice`).toBe(false);
    this.orders.set(id, order);
    this.#say(message, { 150: 0, 39: 0, 151: message.tag(38) });
    if (isExit(message)) this.#maybeBust(entryOf(id));
    else this.#fill(order);
  }

  #fill(order: Order): void {
    this.#entries += 1;
    const isInParts = this.#random.chance(0.3);
    for (const quantity of isInParts ? [40, 60] : [100]) {
      order.filled += quantity;
      order.state = order.filled === 100 ? '2' : '0';
      const told = { 39: order.filled === 100 ? 2 : 1, 14: order.filled, 32: quantity, 31: PRICE, 6: PRICE };
      this.#executions += 1;
      this.#say(order.message, { 17: `f${this.#executions}`, 150: 'F', ...told });
    }
    if (this.#entries % CUT_EVERY !== 0) return;
    this.did.cuts += 1;
    this.#acceptor.cut();
  }

  /** Takes the whole fill back, once both exits work. */
  #maybeBust(entryId: string): void {
    const entry = this.orders.get(entryId);
    const areBoth = this.orders.has(`${entryId}-sl`) && this.orders.has(`${entryId}-tp`);
    if (entry === undefined || !areBoth || entry.filled === 0 || !this.#random.chance(this.#chances.bust)) return;
    this.did.busts += 1;
    entry.filled = 0;
    entry.state = '4';
    this.#executions += 1;
    this.#say(entry.message, { 17: `f${this.#executions}`, 19: 'f0', 150: 'H', 39: 4, 14: 0, 6: 0 });
  }

  #told({ state, filled }: Order): Tags {
    return { 39: state, 14: filled, 6: filled > 0 ? PRICE : 0, 151: state === '0' ? 100 - filled : 0 };
  }

  #status(message: Message): void {
    const order = this.orders.get(message.tag(11));
    if (order !== undefined) this.#say(order.message, { 150: 'I', 17: 0, ...this.#told(order) });
    else this.#say(message, { 37: 'NONE', 150: 'I', 17: 0, 39: 8, 103: 5, 58: 'Order not found' });
  }

  #cancel(message: Message): void {
    const order = this.orders.get(message.tag(41));
    if (order === undefined || order.state !== '0') {
      const reject = { 37: 'NONE', 11: message.tag(11), 41: message.tag(41), 434: 1, 39: order?.state ?? 8 };
      this.#acceptor.send('9', { ...reject, 102: order === undefined ? 1 : 0 });
      return;
    }
    order.state = '4';
    this.#say(order.message, { 11: message.tag(11), 41: message.tag(41), 150: 4, ...this.#told(order) });
  }

  /** What of a fill that stands is not covered by a stop that works. */
  naked(entryId: string): number {
    const stop = this.orders.get(`${entryId}-sl`);
    const covered = stop?.state === '0' ? Number(stop.message.tag(38)) : 0;
    return (this.orders.get(entryId)?.filled ?? 0) - covered;
  }
}

const advisory = (number: number): SnapshotInput => ({
  advisoryId: `ROUGH-${number}`,
  symbol: 'AAPL',
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: '2099-01-01T00:00:00Z',
});

async function runAll(engine: Engine): Promise<readonly ExecutionResult[]> {
  const results: ExecutionResult[] = [];
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let number = next++; number < EXECUTIONS; number = next++) results.push(await again(engine, number));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return results;
}

/** An advisory that comes while the line is down is refused before any order; it is then run once more. */
async function again(engine: Engine, number: number): Promise<ExecutionResult> {
  let result = await engine.execute(advisory(number));
  for (let tries = 0; result.status === 'REJECTED' && tries < 50; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    result = await engine.execute(advisory(number), { again: true });
  }
  return result;
}

async function day(chances: Chances) {
  const { acceptor, broker, warnings } = await setting({ exits: { oco: 'none' }, pollMs: 200 });
  const venue = new RoughVenue(acceptor, seededRandom(SEED), chances);
  const engine = await createEngine({ broker, logger: false, onMismatch: 'report-only' });
  onTestFinished(() => engine.close());
  const results = await runAll(engine);
  await acceptor.echo();
  // What was lost last shows with the next message; give it time to be sent again.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  return { acceptor, venue, engine, results, warnings };
}

describe('FIX rough day', () => {
  it('B8 B9 B1: none is lost, doubled, or naked without a case', async () => {
    const { acceptor, venue, engine, results } = await day(
      EXECUTIONS < 1_000 ? { garbled: 0.05, lost: 0.05, bust: 0.05 } : { garbled: 0.01, lost: 0.01, bust: 0.01 },
    );
    const entries = acceptor.of('D').filter((message) => !isExit(message));
    expect(results).toHaveLength(EXECUTIONS);
    expect(new Set(acceptor.of('D').map((message) => message.tag(11))).size).toBe(acceptor.of('D').length);
    expect(entries.length).toBeLessThanOrEqual(EXECUTIONS);
    const told = new Set(engine.cases.open().map(({ advisoryId }) => advisoryId));
    const wrong = results.flatMap((result) => {
      const { advisoryId, clientOrderId = '', status } = result;
      const standing = venue.orders.get(clientOrderId)?.filled ?? 0;
      const isLost = standing > 0 && Number(result.finalPositionSize ?? 0) !== standing;
      const isNaked = venue.naked(clientOrderId) !== 0;
      return (isLost || isNaked) && !told.has(advisoryId) ? [{ advisoryId, status, standing, isLost, isNaked }] : [];
    });
    expect(wrong, JSON.stringify(wrong)).toEqual([]);
    const busts = engine.cases.open().filter(({ kind }) => kind === 'FILL_BUSTED');
    expect(busts).toHaveLength(venue.did.busts);
    // The line was cut before the order arrived: it is never sent a second time, and a person is told.
    const unfilled = results.filter(({ status }) => status !== 'FILLED');
    expect(unfilled.filter(({ clientOrderId = '' }) => venue.orders.has(clientOrderId))).toEqual([]);
    expect(unfilled.filter(({ advisoryId }) => !told.has(advisoryId))).toEqual([]);
    expect(unfilled.length).toBeLessThan(EXECUTIONS / 5);
    if (EXECUTIONS >= 1_000) {
      const figures = { executions: results.length, unfilled: unfilled.length, ...venue.did, cases: told.size };
      process.stdout.write(`${JSON.stringify(figures)}\n`);
    }
    expect(Math.min(venue.did.garbled, venue.did.lost, venue.did.cuts)).toBeGreaterThan(0);
  }, 600_000);
});
