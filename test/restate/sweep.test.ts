/**
 * The sweep on Restate finds what that of an engine finds (M3–M5): the same life, the same broker, the objects as the facts of
 * the engine make them. No answer is no verdict, Restate's own included.
 */
import { createEngine, type Engine, type SnapshotInput, type SweepReport } from 'fillchart';
import { describe, expect, it } from 'vitest';
import { caseRegister } from '../../src/actors/cases.js';
import { CALL_DEADLINES } from '../../src/domain/limits.js';
import type { BrokerAdapter } from '../../src/domain/ports.js';
import { heldBy } from '../../src/engine/holdings.js';
import type { ExecutionFact } from '../../src/machines/execution.facts.js';
import type { ProtectionFact } from '../../src/machines/protection.facts.js';
import { leftBy } from '../../src/restate/ended.js';
import { foldExits } from '../../src/restate/exits-life.js';
import { type Ingress, IngressError } from '../../src/restate/ingress.js';
import { newLife } from '../../src/restate/life.js';
import { hostSettings } from '../../src/restate/settings.js';
import { type Swept, sweepOnce } from '../../src/restate/sweep-once.js';
import { EMPTY_BOOK, entered, held, over, type SymbolBook } from '../../src/restate/symbol-book.js';
import { ADVISORY, type Earth, earth, fill, type Setting } from '../recovery/support.js';

interface Objects {
  readonly books: Map<string, SymbolBook>;
  readonly exits: Map<string, ProtectionFact[]>;
  readonly advisories: Map<string, unknown>;
}

/** The objects, told by the facts of an engine what hosted executions tell them. */
function objectsOf({ disk }: Earth): Objects {
  const objects: Objects = { books: new Map(), exits: new Map(), advisories: new Map() };
  const lives = new Map<string, ReturnType<typeof newLife>>();
  const change = (symbol: string, by: (book: SymbolBook) => SymbolBook) =>
    objects.books.set(symbol, by(objects.books.get(symbol) ?? EMPTY_BOOK));
  for (const { stream, fact, at, advisoryId = '' } of disk.records) {
    if (stream === 'execution') {
      const taken = fact as unknown as ExecutionFact;
      const life = taken.type === 'START' ? newLife(taken.advisory) : lives.get(advisoryId);
      if (life === undefined) throw new Error('an execution begins with START');
      lives.set(advisoryId, life);
      life.take(taken);
      const { clientOrderId, snapshot } = life.context;
      if (taken.type === 'BROKER_ASKED') change(snapshot.symbol, (book) => entered(book, clientOrderId));
      if (!life.isDone) continue;
      change(snapshot.symbol, (book) => over(book, leftBy(life.context, at, { nativeOco: true }).ended));
      objects.advisories.set(advisoryId, { records: life.records });
    } else if (stream === 'protection') {
      const taken = fact as unknown as ProtectionFact;
      const id =
        taken.type === 'START' ? taken.input.clientOrderId : (lives.get(advisoryId)?.context.clientOrderId ?? '');
      const facts = [...(objects.exits.get(id) ?? []), taken];
      objects.exits.set(id, facts);
      const { context, isOver } = foldExits(facts);
      const entry = { size: heldBy(context), isOver, number: facts.length };
      change(context.symbol, (book) => held(book, id, entry));
    }
  }
  return objects;
}

/** Restate, as far as a sweep asks it. */
const answering = (objects: Objects, engine: Engine): Ingress => ({
  attach: () => Promise.reject(new IngressError('nothing runs')),
  async call<T>(service: string, key: string, handler: string) {
    const answers: Record<string, () => unknown> = {
      'gate cases': () => engine.cases.all(),
      'directory symbols': () => [...objects.books.keys()],
      'symbols book': () => objects.books.get(key) ?? null,
      'exits facts': () => objects.exits.get(key) ?? null,
      'advisories view': () => objects.advisories.get(key) ?? null,
    };
    const answer = answers[`${service} ${handler}`];
    if (answer === undefined) throw new IngressError(`nobody serves ${service} ${handler}`);
    return JSON.parse(JSON.stringify(answer())) as T;
  },
});

interface Desk extends Earth {
  readonly engine: Engine;
  readonly broker: BrokerAdapter;
  onEngine(): Promise<SweepReport>;
  onRestate(objects?: Objects, ingress?: Ingress): Promise<Swept>;
}

async function desk(setting: Setting, advisories: readonly SnapshotInput[] = [ADVISORY]): Promise<Desk> {
  let broker: BrokerAdapter | undefined;
  const make: typeof createEngine = (options) => {
    broker = options.broker;
    return createEngine(options);
  };
  const now = earth({ ...setting, createEngine: make });
  const { engine } = await now.start();
  for (const advisory of advisories) await now.clock.runUntil(engine.execute(advisory), 200_000);
  if (broker === undefined) throw new Error('the engine has a broker');
  const parts = { broker, capabilities: broker.capabilities, clock: now.clock, deadlines: CALL_DEADLINES };
  return {
    ...{ ...now, engine, broker },
    onEngine: () => now.clock.runUntil(engine.sweep(), 60_000),
    onRestate: (objects = objectsOf(now), ingress = answering(objects, engine)) =>
      now.clock.runUntil(
        sweepOnce({ ...parts, settings: hostSettings(), aliases: () => [], ingress, connected: async () => undefined }),
        60_000,
      ),
  };
}

/** Cases as a register makes them of what a sweep raises: those that there were, and what was added. */
function casesAfter({ engine, clock }: Desk, { raised }: Swept) {
  const register = caseRegister(
    { record: async () => ({ durable: true }) },
    () => Math.floor(clock.now()),
    'halt-symbol',
  );
  register.restoreAll(engine.cases.all());
  for (const found of raised) void register.raise(found);
  return register.all();
}

const plain = <T>(cases: readonly (T & { readonly openedAt: string })[]) =>
  cases.map(({ openedAt: _at, ...rest }) => rest);

async function sameOnBoth(now: Desk): Promise<readonly string[]> {
  const swept = await now.onRestate();
  const after = plain(casesAfter(now, swept));
  const { cases: _cases, at: _at, ...report } = await now.onEngine();
  const { at: _when, ...told } = swept.report;
  expect(told).toEqual(report);
  expect(after).toEqual(plain(now.engine.cases.all()));
  return after.map(({ kind }) => kind);
}

describe('what both hosts find', () => {
  it('M3: nothing, where all is as it should be: open, closed by its exit, and never filled', async () => {
    for (const plan of [
      { fills: [fill(1)] },
      { fills: [fill(1)], exit: { leg: 'tp', afterMs: 500 } as const },
      { fills: [] },
    ]) {
      const now = await desk({ plan });
      await now.clock.advance(65_000);
      expect(await sameOnBoth(now)).toEqual([]);
    }
  });

  it('M3: a position of others, which was there before, is expected to be there', async () => {
    const now = await desk({ positions: { AAPL: '7' } });
    expect(await sameOnBoth(now)).toEqual([]);
  });

  it.each([
    ['MISSING_POSITION', []],
    ['MISMATCH', [{ symbol: 'AAPL', size: '60' }]],
    [
      'PHANTOM_POSITION',
      [
        { symbol: 'AAPL', size: '100' },
        { symbol: 'MSFT', size: '5' },
      ],
    ],
  ])('M1 M3: %s', async (kind, rows) => {
    let isWrong = false;
    const now = await desk({
      broker: (world) => ({ getPositions: async (symbols) => (isWrong ? rows : world.positions(symbols)) }),
    });
    isWrong = true;
    expect(await sameOnBoth(now)).toEqual([kind]);
  });

  it('M3: an order that nobody knows', async () => {
    let isThere = false;
    const row = { clientOrderId: 'by-hand', symbol: 'AAPL' };
    const now = await desk({
      broker: (world) => ({ getOpenOrders: async () => [...world.openOrders(), ...(isThere ? [row] : [])] as never }),
    });
    isThere = true;
    expect(await sameOnBoth(now)).toEqual(['STRAY_ORDER']);
  });

  it('M1 M4: a difference that a case tells already is one matter, and one that was accepted is none', async () => {
    let rows: readonly { symbol: string; size: string }[] | undefined;
    const now = await desk({
      broker: (world) => ({ getPositions: async (symbols) => rows ?? world.positions(symbols) }),
    });
    rows = [{ symbol: 'AAPL', size: '60' }];
    await now.onEngine();
    expect((await now.onRestate()).raised, 'said already').toEqual([]);
    const [open] = now.engine.cases.open();
    await now.engine.cases.resolve(open?.caseId ?? '', { by: 'ann', reason: 'sold by hand' });
    expect(await sameOnBoth(now)).toEqual(['MISMATCH']);
    expect((await now.onRestate()).raised).toEqual([]);
    rows = [{ symbol: 'AAPL', size: '50' }];
    expect((await now.onRestate()).raised).toMatchObject([{ kind: 'MISMATCH' }]);
  });

  it('T5 M3: an order whose end nobody saw, and that filled afterwards', async () => {
    let hides = true;
    const now = await desk({
      plan: { fills: [fill(60)] },
      broker: (world) => ({
        cancelOrder: async () => 'unknown',
        getOrderStatus: async ({ clientOrderId }) =>
          hides ? Promise.reject(new Error('away')) : world.status(clientOrderId),
      }),
    });
    await now.clock.advance(65_000);
    hides = false;
    expect((await now.onRestate()).certain).toEqual([{ symbol: 'AAPL', advisoryId: ADVISORY.advisoryId }]);
    await sameOnBoth(now);
    const told = now.engine.cases.all().flatMap(({ mismatches }) => mismatches.map(({ kind }) => kind));
    expect(told).toContain('STRAY_FILL');
  });
});

describe('no answer is no verdict (M4)', () => {
  it.each([
    ['getPositions', /^positions: /],
    ['getOpenOrders', /^open orders: /],
  ] as const)('%s fails', async (method, said) => {
    let fails = false;
    const now = await desk({
      broker: (world) => ({
        [method]: async (given: never) => {
          if (fails) throw new Error('away');
          return method === 'getPositions' ? world.positions(given) : world.openOrders();
        },
      }),
    });
    fails = true;
    const { report, raised } = await now.onRestate();
    expect(report.failures.join()).toMatch(said);
    expect(raised).toEqual([]);
    await sameOnBoth(now);
  });

  it('Restate does not answer: nothing is judged, and the report says so', async () => {
    const now = await desk({});
    const silent: Ingress = { ...answering(objectsOf(now), now.engine), call: () => Promise.reject(new Error('gone')) };
    const { report, raised } = await now.onRestate(objectsOf(now), silent);
    expect(report).toMatchObject({ orders: 0, positions: 0, failures: ['the sweep: gone'] });
    expect(raised).toEqual([]);
  });
});

describe('what moves while a sweep asks', () => {
  const wrong = { broker: () => ({ getPositions: async () => [] as never[] }) };

  it('M3: a symbol in which an execution is live is left alone', async () => {
    const now = await desk(wrong);
    const objects = objectsOf(now);
    const book = objects.books.get('AAPL') ?? EMPTY_BOOK;
    objects.books.set('AAPL', entered(book, 'another'));
    expect((await now.onRestate(objects)).raised).toEqual([]);
  });

  it('M3: so is one in which an execution has come and gone since the sweep began', async () => {
    const now = await desk(wrong);
    const objects = objectsOf(now);
    const honest = answering(objects, now.engine);
    let asked = 0;
    const moving: Ingress = {
      ...honest,
      call(service, key, handler, ...rest) {
        if (handler === 'book') asked += 1;
        if (asked === 2) {
          const book = objects.books.get('AAPL') ?? EMPTY_BOOK;
          objects.books.set('AAPL', over(entered(book, 'another'), { clientOrderId: 'another' }));
        }
        return honest.call(service, key, handler, ...rest);
      },
    };
    expect((await now.onRestate(objects, moving)).raised).toEqual([]);
    // Negative control: nothing moved, and it is a case.
    expect((await now.onRestate()).raised).toMatchObject([{ kind: 'MISSING_POSITION' }]);
  });

  it('M3: and one whose exits have no object yet', async () => {
    const now = await desk(wrong);
    const objects = objectsOf(now);
    objects.exits.clear();
    expect((await now.onRestate(objects)).raised).toEqual([]);
  });
});
