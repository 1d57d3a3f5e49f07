/**
 * The paths of the exits' chart, on the engine: what each fact stands for is brought about at the venue and by the clock, and
 * what the engine then records is held against the chart.
 *
 * The engine asks and waits as it likes, so it may record more facts than the path has, and between them; a path whose fact
 * the engine does not come to tell within three minutes ends there. What the engine recorded must lead the chart to the state
 * that the engine is in (A3), and all paths together must take every state and transition but for what is listed.
 */
import type { Engine, OrderReport } from 'fillchart';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { Decimal } from '../../src/domain/decimal.js';
import { POSITION_LIMIT_MS } from '../../src/domain/limits.js';
import {
  type BrokerAdapter,
  type BrokerCapabilities,
  type LegOutcome,
  type PositionReport,
  TAKE_PROFIT_PASSED,
} from '../../src/domain/ports.js';
import type { ProtectionFact, ProtectionFactOf } from '../../src/machines/protection.facts.js';
import { protectionMachine } from '../../src/machines/protection.machine.js';
import { statesOf } from '../../src/testing/paths/chart-paths.js';
import { coverageMeter } from '../../src/testing/paths/coverage.js';
import { exitPaths, UNREACHABLE_FOR_EXITS_ON_ENGINE } from '../../src/testing/paths/exit-paths.js';
import { explained, unexplained } from '../../src/testing/paths/unreachable.js';
import { type Earth, earth, executed, type Life } from '../recovery/support.js';

const CAPABILITIES: BrokerCapabilities = {
  push: true,
  batchStatus: false,
  lookupByClientId: true,
  nativeOco: false,
  positions: 'netting',
  fractional: false,
  minPollMs: 0,
};
const WORKING = { state: 'working', filledSize: '0' } as const;
const PATIENCE_MS = 180_000;
const STEP_MS = 500;
/** A fact that comes so much later than the one before is the last of many like it. */
const LONG_MS = POSITION_LIMIT_MS / 2;

type Word = Partial<OrderReport> | 'not_found';
interface Said {
  sl: Word;
  tp: Word;
  position: string | Error;
  /** A sweep is let see the position. */
  isSwept: boolean;
  /** Questions about the position are held until the path answers them. */
  isHeld: boolean;
  answer: (() => void) | undefined;
}

type Placed = 'both' | 'stop' | 'none';

const refused: LegOutcome = { kind: 'rejected', code: 'NO', reason: 'refused' };
const passed: LegOutcome = { kind: 'rejected', code: TAKE_PROFIT_PASSED, reason: 'passed' };
const placed = (id: string): LegOutcome => ({ kind: 'accepted', brokerOrderId: `B-${id}`, state: 'working' });

/** Status answers of an exit take so long, in ms: other facts come in between. */
const ANSWER_MS = 1_500;

function venue(said: Said, start: Placed, pushes: Subject<OrderReport>, tellsPositions: boolean) {
  const legOf = (id: string) => (id.endsWith('-sl') ? 'sl' : id.endsWith('-tp') ? 'tp' : undefined);
  return (world: Earth['world'], clock: Earth['clock']): Partial<BrokerAdapter> => {
    const told = (id: string): OrderReport | 'not_found' => {
      const leg = legOf(id);
      const word = leg === undefined ? world.status(id) : said[leg];
      return word === 'not_found' || leg === undefined
        ? (word as OrderReport | 'not_found')
        : { clientOrderId: id, brokerOrderId: `B-${leg}`, ...WORKING, ...word };
    };
    const ids = () => world.openOrders().map(({ clientOrderId }) => clientOrderId);
    return {
      capabilities: tellsPositions ? CAPABILITIES : { ...CAPABILITIES, positions: 'none' },
      reports$: pushes,
      async getOrderStatus({ clientOrderId: id }) {
        if (legOf(id) !== undefined) await new Promise<void>((resolve) => clock.setTimeout(resolve, ANSWER_MS));
        return told(id);
      },
      getOpenOrders: async () =>
        ids().flatMap((id) => {
          const report = told(id);
          return report === 'not_found' ? [] : [{ ...report, symbol: 'AAPL' }];
        }),
      async getPositions(symbols) {
        // What a sweep asks for is told when the path says so: else the exits alone are looked at.
        if (symbols.length === 0 && !said.isSwept) throw new Error('not for every symbol');
        if (said.isHeld && !said.isSwept) {
          await new Promise<void>((resolve) => {
            said.answer = resolve;
          });
        }
        if (said.position instanceof Error) throw said.position;
        return [shown(said.position)];
      },
      async placeProtection() {
        said.position = '100';
        return {
          stopLoss: start === 'none' ? refused : placed('sl'),
          takeProfit: start === 'both' ? placed('tp') : start === 'stop' ? passed : refused,
        };
      },
    };
  };
}

const shown = (size: string): PositionReport => ({ symbol: 'AAPL', size, sl: '147.98', tp: '155.53' });

const WORDS = { open: 'working', filled: 'filled', cancelled: 'cancelled' } as const;

function wordOf({ report }: ProtectionFactOf<'EXIT_REPORT'>): Partial<OrderReport> {
  const { status, cumQty, avgPrice, quantity, price } = report;
  const isPart = status === 'open' && cumQty !== '0';
  return {
    state: isPart ? 'partially_filled' : WORDS[status as keyof typeof WORDS],
    filledSize: cumQty,
    ...(avgPrice !== undefined && { fillPrice: avgPrice }),
    ...(quantity !== undefined && { quantity }),
    ...(price !== undefined && { price }),
  };
}

const priceIn = (word: Word): string | undefined => (word === 'not_found' ? undefined : word.price);

const isOfPrice = ({ kind }: { readonly kind: string }): boolean => kind.endsWith('_PRICE');

interface Run {
  readonly facts: readonly ProtectionFact[];
  readonly state: string;
}

/** Leads an engine along a path; the facts that it recorded, and where it came to. */
async function led(facts: readonly ProtectionFact[], tellsPositions: boolean): Promise<Run> {
  const [first] = facts;
  if (first?.type !== 'START') throw new Error('a path begins with the end of an execution');
  const start: Placed = first.input.tp !== undefined ? 'both' : first.input.sl !== undefined ? 'stop' : 'none';
  const said: Said = { sl: WORKING, tp: WORKING, position: '0', isSwept: false, isHeld: false, answer: undefined };
  const pushes = new Subject<OrderReport>();
  const now = earth({ broker: venue(said, start, pushes, tellsPositions) });
  let life: Life = await now.start();
  await executed(now, life);
  said.isHeld = true;
  const id = life.engine.execution('ADV-A')?.clientOrderId ?? '';
  const recorded = (): readonly ProtectionFact[] =>
    now.disk.records
      .filter(({ stream }) => stream === 'protection')
      .map(({ fact }) => fact as unknown as ProtectionFact);
  const until = async (isIt: (fact: ProtectionFact) => boolean): Promise<boolean> => {
    const from = recorded().length;
    for (let waited = 0; waited <= PATIENCE_MS; waited += STEP_MS) {
      if (recorded().slice(from).some(isIt)) return true;
      await now.clock.advance(STEP_MS);
    }
    return false;
  };

  /** Failures are repeated for as long as it takes until a person must know. */
  async function untilLost(): Promise<boolean> {
    said.isHeld = false;
    said.answer?.();
    for (let waited = 0; waited <= POSITION_LIMIT_MS + PATIENCE_MS && stateNow() !== 'lost'; waited += STEP_MS)
      await now.clock.advance(STEP_MS);
    said.isHeld = true;
    return stateNow() === 'lost';
  }

  /** An exit that was moved is told once that has stood for a while; meanwhile the engine asks as it likes. */
  async function untilMoved(): Promise<void> {
    const isTold = () => life.engine.cases.all().some(({ mismatches }) => mismatches.some(isOfPrice));
    for (let waited = 0; waited <= PATIENCE_MS && !isTold(); waited += STEP_MS) await now.clock.advance(STEP_MS);
  }

  const stateNow = () => life.engine.positions()[0]?.state;

  /** Whoever is lost is looked for by sweeps alone. */
  async function swept(fact: ProtectionFactOf<'POSITION_SEEN'>): Promise<boolean> {
    const from = recorded().length;
    said.position = fact.seen.kind === 'position' ? fact.seen.size : new Error('silent');
    said.isSwept = true;
    await now.clock.runUntil(life.engine.sweep());
    said.isSwept = false;
    return recorded()
      .slice(from)
      .some(({ type }) => type === 'POSITION_SEEN');
  }

  async function answered(fact: ProtectionFactOf<'POSITION_SEEN'>): Promise<boolean> {
    for (let waited = 0; waited <= PATIENCE_MS && said.answer === undefined; waited += STEP_MS) {
      await now.clock.advance(STEP_MS);
    }
    said.position = fact.seen.kind === 'position' ? fact.seen.size : new Error('silent');
    const from = recorded().length;
    said.answer?.();
    said.answer = undefined;
    await now.clock.settle();
    return recorded()
      .slice(from)
      .some(({ type }) => type === 'POSITION_SEEN');
  }

  async function bringAbout(fact: ProtectionFact, before: ProtectionFact | undefined): Promise<boolean> {
    switch (fact.type) {
      case 'START':
        return true;
      case 'EXIT_REPORT': {
        const isMovedStill = fact.report.price !== undefined && priceIn(said[fact.leg]) === fact.report.price;
        said[fact.leg] = wordOf(fact);
        const leg = `${id}-${fact.leg}`;
        pushes.next({ clientOrderId: leg, brokerOrderId: `B-${fact.leg}`, ...WORKING, ...wordOf(fact) });
        await now.clock.settle();
        if (isMovedStill) await untilMoved();
        return true;
      }
      case 'EXIT_ABSENT':
        said[fact.leg] = 'not_found';
        return until(({ type }) => type === 'EXIT_ABSENT');
      case 'POSITION_SEEN':
        if (stateNow() === 'lost') return swept(fact);
        if (fact.seen.kind === 'untold') return until((one) => one.type === 'POSITION_SEEN');
        if (fact.at - (before?.at ?? 0) < LONG_MS) return answered(fact);
        said.position = new Error('silent');
        return untilLost();
      case 'DEADLINE':
        return until((one) => one.type === 'DEADLINE' && one.name === fact.name);
      case 'RECOVERED':
        life.process.kill();
        said.answer = undefined;
        life = await now.start();
        return true;
    }
  }

  for (const [index, fact] of facts.entries()) if (!(await bringAbout(fact, facts[index - 1]))) break;
  const state = await settled(now, life.engine);
  life.process.kill();
  return { facts: recorded(), state };
}

async function settled(now: Earth, engine: Engine): Promise<string> {
  await now.clock.settle();
  return engine.positions()[0]?.state ?? 'none';
}

const isWithBoth = (fact: ProtectionFact): fact is ProtectionFactOf<'START'> =>
  fact.type === 'START' && fact.input.sl !== undefined && fact.input.tp !== undefined;

describe('every path through the life of the exits, on the engine', () => {
  const meter = coverageMeter(protectionMachine);
  const { paths } = exitPaths();

  it('A3 B7: what the engine records leads the chart to where the engine is', async () => {
    for (const path of paths) {
      const isUntold = path.facts.some((fact) => fact.type === 'POSITION_SEEN' && fact.seen.kind === 'untold');
      const { facts, state } = await led(path.facts, !isUntold);
      meter.add(undefined, facts);
      const [inner = ''] = (statesOf(protectionMachine, facts).at(-1) ?? '').split('.');
      expect([path.name, state]).toEqual([path.name, inner]);
    }
  }, 300_000);

  it('B7: a price that comes while the sibling is asked about after its 5 s changes nothing else', async () => {
    const [start] = paths.flatMap(({ facts }) => facts).filter(isWithBoth);
    if (start === undefined) throw new Error('no path begins with both exits');
    const filled = { status: 'filled', cumQty: '100' as Decimal } as const;
    const report = (at: number, more: object): ProtectionFact => ({
      ...{ type: 'EXIT_REPORT', at, leg: 'sl', report: { ...filled, ...more } },
    });
    const { facts } = await led(
      [
        start,
        report(start.at + 100, {}),
        { type: 'DEADLINE', at: start.at + 5_100, name: 'siblingGone' },
        report(start.at + 5_200, { avgPrice: '147.9' }),
      ],
      true,
    );
    expect(meter.add(undefined, facts)).toEqual(['settling.overdue|EXIT_REPORT|1 [isStillWorking] false']);
  });

  it('B7: that the exit which has filled stands elsewhere, told while the sibling is measured, changes nothing else', async () => {
    const [start] = paths.flatMap(({ facts }) => facts).filter(isWithBoth);
    if (start === undefined) throw new Error('no path begins with both exits');
    const part = { status: 'open', cumQty: '40' as Decimal, avgPrice: '155.53' as Decimal } as const;
    const report = (at: number, more: object = {}): ProtectionFact => ({
      ...{ type: 'EXIT_REPORT', at, leg: 'tp', report: { ...part, ...more } },
    });
    const moved = { price: '160' };
    const { facts } = await led(
      [
        start,
        report(start.at + 100),
        report(start.at + 100, moved),
        { type: 'DEADLINE', at: start.at + 5_100, name: 'exitSize' },
        report(start.at + 5_100, moved),
      ],
      true,
    );
    expect(meter.add(undefined, facts)).toEqual(['working.measuring|EXIT_REPORT|2 [isSiblingReport] false']);
  });

  it('B7: together they take every state and transition, and get each answer of a guard that is not dropped', () => {
    const { states, transitions, branches } = meter.missing();
    const { chart } = meter;
    process.stdout.write(
      `exits on the engine: ${paths.length} paths; states ${chart.states.length - states.length}/${chart.states.length}, transitions ${chart.transitions.length - transitions.length}/${chart.transitions.length}, guard answers ${chart.branches.length - branches.length}/${chart.branches.length}\n`,
    );
    expect([...states, ...transitions]).toEqual([]);
    expect(unexplained(branches, UNREACHABLE_FOR_EXITS_ON_ENGINE)).toEqual([]);
    // An excuse for what is covered proves nothing.
    expect(
      explained(chart.branches, UNREACHABLE_FOR_EXITS_ON_ENGINE).filter((name) => !branches.includes(name)),
    ).toEqual([]);
  });
});
