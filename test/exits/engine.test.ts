/**
 * The exits' life in the engine (B7, M4, M5): a broker that tells the truth but where a story says otherwise, virtual time.
 */
import type { Engine, OrderReport, PositionView } from 'fillchart';
import type { VenuePort } from 'fillchart/testing';
import { Subject } from 'rxjs';
import { describe, expect, it } from 'vitest';
import type { BrokerAdapter } from '../../src/domain/ports.js';
import { ADVISORY, type Earth, earth, executed, type Setting } from '../recovery/support.js';

/** What the broker says of exits, by `sl` and `tp`; the rest of the world is as it is. */
type Said = Partial<Record<'sl' | 'tp', Partial<OrderReport> | 'not_found' | Error>>;

interface Story {
  readonly now: Earth;
  readonly engine: Engine;
  readonly said: Said;
  readonly shown: { size?: string };
  readonly pushes: Subject<OrderReport>;
  readonly id: string;
  push(leg: 'sl' | 'tp', report: Partial<OrderReport>): void;
  after(seconds: number): Promise<void>;
  readonly cases: () => string[];
  readonly events: (event: string) => unknown[];
  readonly position: () => PositionView | undefined;
}

const legOf = (id: string) => (id.endsWith('-sl') ? 'sl' : id.endsWith('-tp') ? 'tp' : undefined);

function adapter(world: VenuePort, said: Said, shown: { size?: string }, more: Partial<BrokerAdapter>) {
  return {
    async getOrderStatus({ clientOrderId }: { clientOrderId: string }) {
      const leg = legOf(clientOrderId);
      const word = leg === undefined ? undefined : said[leg];
      if (word instanceof Error) throw word;
      if (word === 'not_found') return word;
      const truth = world.status(clientOrderId);
      return word === undefined || truth === 'not_found' ? truth : { ...truth, ...word };
    },
    getOpenOrders: async () =>
      world.openOrders().filter(({ clientOrderId }) => said[legOf(clientOrderId) ?? 'sl'] === undefined),
    getPositions: async (symbols: readonly string[]) =>
      shown.size === undefined ? world.positions(symbols) : [{ symbol: 'AAPL', size: shown.size }],
    ...more,
  } as Partial<BrokerAdapter>;
}

/** Bought 100 at 151, SL 147.98, TP 155.53 working. */
async function held(
  setting: Setting = {},
  more: (world: VenuePort) => Partial<BrokerAdapter> = () => ({}),
): Promise<Story> {
  const said: Said = {};
  const shown: { size?: string } = {};
  const pushes = new Subject<OrderReport>();
  const now = earth({
    broker: (world) => adapter(world, said, shown, { reports$: pushes, ...more(world) }),
    ...setting,
  });
  const life = await now.start();
  const result = await executed(now, life);
  expect(result?.status).toBe('FILLED');
  const { engine } = life;
  const id = engine.execution('ADV-A')?.clientOrderId ?? '';
  const story: Story = {
    now,
    engine,
    said,
    shown,
    pushes,
    id,
    push(leg, report) {
      const whole = { clientOrderId: `${id}-${leg}`, brokerOrderId: `x-${leg}`, filledSize: '0', state: 'pending' };
      pushes.next({ ...whole, ...report });
    },
    async after(seconds) {
      await now.clock.advance(seconds * 1_000);
      await now.clock.settle();
    },
    cases: () => engine.cases.all().map(({ kind }) => kind),
    events: (event) => engine.executionLogs.filter((line) => line.event === event).map(({ details }) => details),
    position: () => engine.positions()[0],
  };
  return story;
}

describe('exits that work', () => {
  it('B7 A1: are told once each, when the broker shows them so for the first time', async () => {
    const story = await held();
    await story.after(91);
    expect(story.events('exit_working')).toMatchObject([{ leg: 'sl' }, { leg: 'tp' }]);
    expect(story.position()).toMatchObject({ state: 'working', isOpen: true });
  });
});

describe('an exit fills', () => {
  it('B7: told by push: recorded with its realised profit, the position is closed, and nothing is asked any more', async () => {
    const story = await held();
    const seen: PositionView[] = [];
    story.engine.exits$.subscribe((view) => seen.push(view));
    story.push('tp', { state: 'filled', filledSize: '100', fillPrice: '155.53' });
    story.push('sl', { state: 'cancelled' });
    await story.after(1);
    expect(story.events('exit_filled')).toMatchObject([
      { leg: 'tp', price: '155.53', quantity: '100', realisedPnl: '453', symbol: 'AAPL' },
    ]);
    expect(story.position()).toMatchObject({
      advisoryId: 'ADV-A',
      side: 'buy',
      quantity: '100',
      entryPrice: '151',
      state: 'closedByTakeProfit',
      isOpen: false,
      stopLoss: { price: '147.98', state: 'cancelled' },
      takeProfit: { price: '155.53', state: 'filled' },
      unprotectedQuantity: '0',
      closed: { by: 'take_profit', price: '155.53', quantity: '100', realisedPnl: '453' },
    });
    expect(seen.at(-1)).toEqual(story.position());
    const before = story.now.calls.length;
    await story.after(600);
    expect([story.now.calls.length - before, story.cases()]).toEqual([0, []]);
  });

  it('B7: found by a slow poll, and its sibling gone: the same', async () => {
    const story = await held();
    await story.after(20);
    story.said.sl = { state: 'filled', filledSize: '100', fillPrice: '147.9' };
    story.said.tp = { state: 'cancelled' };
    await story.after(11);
    expect(story.position()?.closed).toMatchObject({ by: 'stop_loss', realisedPnl: '-310' });
    expect(story.cases()).toEqual([]);
  });

  it('B7: the sibling still works 5 s later: SIBLING_WORKING, with the advisory; nothing is cancelled', async () => {
    const story = await held();
    story.push('tp', { state: 'filled', filledSize: '100', fillPrice: '155.53' });
    await story.after(4);
    expect(story.cases()).toEqual([]);
    await story.after(1.1);
    expect(story.engine.cases.open()).toMatchObject([{ kind: 'SIBLING_WORKING', advisoryId: 'ADV-A', symbol: 'AAPL' }]);
    expect([story.now.count('cancelOrder'), story.now.count('placeProtection')]).toEqual([0, 1]);
    const refused = await story.engine.execute({ ...ADVISORY, advisoryId: 'ADV-B' });
    expect(refused.reason).toBe('UNRESOLVED_MISMATCH');
  });

  it('B7: seen in part three times: three lines that add up to the whole', async () => {
    const story = await held();
    for (const [size, price] of [
      ['20', '155.6'],
      ['50', '155.55'],
      ['100', '155.53'],
    ] as const) {
      story.push('sl', { quantity: String(100 - Number(size)) });
      story.push('tp', { state: size === '100' ? 'filled' : 'partially_filled', filledSize: size, fillPrice: price });
    }
    story.push('sl', { state: 'cancelled' });
    await story.after(6);
    const lines = story.events('exit_filled') as { quantity: string; realisedPnl: string }[];
    expect(lines.map(({ quantity }) => quantity)).toEqual(['20', '30', '50']);
    expect(lines.reduce((all, { realisedPnl }) => all + Number(realisedPnl), 0)).toBeCloseTo(453);
    expect([story.position()?.state, story.cases()]).toEqual(['closedByTakeProfit', []]);
  });
});

describe('B4 B7: what the venue does to exits', () => {
  it('B4 B7: the stop is cancelled while the position is held: PROTECTION_LOST', async () => {
    const story = await held();
    story.push('sl', { state: 'cancelled', reason: 'by the venue' });
    story.said.sl = { state: 'cancelled' };
    await story.after(3);
    expect(story.cases()).toEqual(['PROTECTION_LOST']);
    expect(story.events('exit_lost')).toMatchObject([{ leg: 'sl', endedAs: 'cancelled', heldQuantity: '100' }]);
    expect(story.position()).toMatchObject({ state: 'lost', isOpen: true, unprotectedQuantity: '100' });
  });

  it('B4 B7: both expire, and the position is gone: position_closed_elsewhere, no case', async () => {
    const story = await held();
    story.shown.size = '0';
    story.said.sl = { state: 'expired' };
    story.said.tp = { state: 'expired' };
    await story.after(40);
    expect([story.cases(), story.position()?.closed?.by]).toEqual([[], 'elsewhere']);
    expect(story.events('position_closed_elsewhere')).toMatchObject([{ quantity: '100' }]);
  });

  it('B4 B7: the take-profit fills in part, the stop stays at 100: PROTECTION_SIZE', async () => {
    const story = await held();
    story.push('sl', { quantity: '100' });
    story.push('tp', { state: 'partially_filled', filledSize: '40', fillPrice: '155.53' });
    story.said.tp = { state: 'partially_filled', filledSize: '40', fillPrice: '155.53' };
    await story.after(7);
    expect(story.cases()).toEqual(['PROTECTION_SIZE']);
  });

  it('B4 B7: both fill: POSITION_REVERSED', async () => {
    const story = await held();
    story.push('sl', { state: 'filled', filledSize: '100', fillPrice: '147.98' });
    story.push('tp', { state: 'filled', filledSize: '100', fillPrice: '155.53' });
    await story.after(1);
    expect([story.cases(), story.position()?.state]).toEqual([['POSITION_REVERSED'], 'reversed']);
  });

  it('B7 T5: a sibling that was gone fills after all: POSITION_REVERSED', async () => {
    const story = await held();
    story.push('sl', { state: 'filled', filledSize: '100', fillPrice: '147.98' });
    story.push('tp', { state: 'cancelled' });
    await story.after(60);
    story.push('tp', { state: 'filled', filledSize: '100', fillPrice: '155.53' });
    await story.after(1);
    expect(story.cases()).toEqual(['POSITION_REVERSED']);
  });

  it('M4 B7: the broker answers nothing about exits for an hour: no case, and it is asked less and less', async () => {
    const story = await held();
    story.said.sl = new Error('503');
    story.said.tp = new Error('503');
    await story.after(3_600);
    const asked = story.now.calls.filter(
      ({ argument }) => legOf((argument as { clientOrderId?: string })?.clientOrderId ?? '') !== undefined,
    );
    expect(story.cases()).toEqual([]);
    expect(asked.length).toBeLessThan(60);
  });

  it('M4 B7: "not found" for ever proves nothing while the open orders show it', async () => {
    const story = await held();
    story.said.tp = 'not_found';
    await story.after(20);
    expect([story.cases(), story.position()?.state]).toEqual([[], 'working']);
  });
});

describe('the sweep', () => {
  it('A4 M4: one exit answers 503: a failure, and no verdict on its symbol', async () => {
    const story = await held();
    story.said.tp = new Error('503');
    story.shown.size = '0';
    const report = await story.now.clock.runUntil(story.engine.sweep());
    expect(report.failures.join('; ')).toContain(`${story.id}-tp: 503`);
    expect(report.cases).toEqual([]);
  });

  it.each(['the first reading', 'the second reading'])(
    'M4: positions do not answer (%s): a failure, and no verdict',
    async (which) => {
      const broken = { isOn: false };
      const story = await held({}, (world) => ({
        getPositions: (symbols) => {
          if (!broken.isOn) return Promise.resolve(world.positions(symbols));
          const isAnswered = which !== 'the first reading' && symbols.length === 0;
          return isAnswered ? Promise.resolve([{ symbol: 'AAPL', size: '40' }]) : Promise.reject(new Error('429'));
        },
      }));
      broken.isOn = true;
      const report = await story.now.clock.runUntil(story.engine.sweep());
      expect(report.failures.join('; ')).toContain('429');
      expect(report.cases).toEqual([]);
    },
  );

  it('A6 M4: the take-profit closed 100 and a stranger bought 100: two differences, each its own', async () => {
    const story = await held();
    story.said.tp = { state: 'filled', filledSize: '100', fillPrice: '155.53' };
    story.said.sl = { state: 'cancelled' };
    const report = await story.now.clock.runUntil(story.engine.sweep());
    expect(story.events('exit_filled')).toMatchObject([{ leg: 'tp', quantity: '100', realisedPnl: '453' }]);
    expect(report.cases.map(({ mismatches }) => mismatches[0]?.message)).toEqual([
      'Expected position 0, found 100 in broker',
    ]);
  });

  it('M5: an accepted difference is taken off once, also when the exits turn out to have made it', async () => {
    const story = await held();
    story.shown.size = '0';
    const first = await story.now.clock.runUntil(story.engine.sweep());
    expect(first.cases.map(({ kind }) => kind)).toEqual(['MISSING_POSITION']);
    await story.engine.cases.resolve(first.cases[0]?.caseId ?? '', { by: 'ops', reason: 'flat, as it should be' });
    story.said.tp = { state: 'filled', filledSize: '100', fillPrice: '155.53' };
    story.said.sl = { state: 'cancelled' };
    const second = await story.now.clock.runUntil(story.engine.sweep());
    expect([second.cases, second.failures]).toEqual([[], []]);
  });

  it('M5: a case that is withdrawn accepts nothing; what is accepted is taken off', async () => {
    const story = await held();
    story.shown.size = '60';
    const sweep = () => story.now.clock.runUntil(story.engine.sweep());
    const caseId = (await sweep()).cases[0]?.caseId ?? '';
    await story.engine.cases.resolve(caseId, { by: 'ops', reason: 'sold 40 by hand' });
    expect((await sweep()).cases).toEqual([]);
    await story.engine.cases.resolve(caseId, { by: 'ops', reason: 'it was another account', withdraw: true });
    expect(story.engine.cases.all()[0]?.resolution).toMatchObject({ withdrawn: true });
    expect((await sweep()).cases.map(({ mismatches }) => mismatches[0]?.message)).toEqual([
      'Expected position 100, found 60 in broker',
    ]);
  });
});
