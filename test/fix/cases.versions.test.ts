/**
 * What a counterparty says of orders, in both versions and on both sides of the market, from its words on the wire to the
 * engine's result and cases. The single words of each case: `cases.orders.test.ts`, `cases.engine.test.ts`.
 */
import { createEngine, type Engine, type ExecutionResult, type SnapshotInput } from 'fillchart';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { setting } from './fix.support.js';
import type { Message, ScriptedAcceptor, Tags } from './scripted-acceptor.js';

type Version = 'FIX.4.2' | 'FIX.4.4';
type Side = 'buy' | 'sell';

const KINDS: readonly (readonly [Version, Side])[] = [
  ['FIX.4.2', 'buy'],
  ['FIX.4.2', 'sell'],
  ['FIX.4.4', 'buy'],
  ['FIX.4.4', 'sell'],
];

/** SL and TP of a fill at 150, and at 151. */
const BRACKETS = {
  buy: { 150: ['147', '154.5'], 151: ['147.98', '155.53'] },
  sell: { 150: ['153', '145.5'], 151: ['154.02', '146.47'] },
} as const;

const advisory = (side: Side): SnapshotInput => ({
  advisoryId: 'ADV-1',
  symbol: 'AAPL',
  side,
  referencePrice: '150',
  slOffsetPct: side === 'buy' ? '-0.02' : '0.02',
  tpOffsetPct: side === 'buy' ? '0.03' : '-0.03',
  positionSize: '100',
  expirationTimestamp: '2099-01-01T00:00:00Z',
});

/** The words of a version. */
const wordsOf = (version: Version) => {
  const isOld = version === 'FIX.4.2';
  return {
    fill: (id: string, quantity: string, price: string, cum: string, average: string | number = price): Tags => ({
      17: id,
      ...{ 150: isOld ? (cum === '100' ? 2 : 1) : 'F', 39: cum === '100' ? 2 : 1 },
      ...{ 32: quantity, 31: price, 14: cum, 6: average },
    }),
    bust: (id: string, of: string, cum: string, average: string | number): Tags => ({
      ...{ 17: id, 19: of, 14: cum, 6: average, 39: cum === '0' ? 0 : 1, 32: 100, 31: '151.00' },
      ...(isOld ? { 20: 1, 150: cum === '0' ? 0 : 1 } : { 150: 'H' }),
    }),
    correct: (id: string, of: string, tags: Tags): Tags => ({
      ...{ ...tags, 17: id, 19: of },
      ...(isOld ? { 20: 2 } : { 150: 'G' }),
    }),
    /** The answer to a question. */
    answer: (tags: Tags): Tags => (isOld ? { ...tags, 20: 3 } : { ...tags, 150: 'I' }),
  };
};

interface World {
  readonly engine: Engine;
  readonly acceptor: ScriptedAcceptor;
  readonly words: ReturnType<typeof wordsOf>;
  run(): Promise<ExecutionResult>;
  sent(ending?: string): Message;
}

const isExit = (message: Message): boolean => /-(?:sl|tp)$/.test(message.tag(11));
type Act = (message: Message, acceptor: ScriptedAcceptor, words: ReturnType<typeof wordsOf>) => void;
const take: Act = (message, acceptor) => acceptor.accept(message);
const nothing: Act = () => undefined;

async function world(
  [version, side]: readonly [Version, Side],
  acts: { entry: Act; exit?: Act; question?: Act },
): Promise<World> {
  const words = wordsOf(version);
  const { acceptor, broker } = await setting({ version, exits: { oco: 'none' }, pollMs: 100 });
  const { entry, exit = take, question = nothing } = acts;
  acceptor.script = (message, on) => {
    if (message.type === 'D') (isExit(message) ? exit : entry)(message, on, words);
    if (message.type === 'H') question(message, on, words);
  };
  const engine = await createEngine({ broker, logger: false, onMismatch: 'report-only' });
  onTestFinished(() => engine.close());
  const sent = (ending = '') =>
    acceptor.of('D').find((message) => (ending === '' ? !isExit(message) : message.tag(11).endsWith(ending))) ??
    expect.fail(`${ending} was not sent`);
  return { engine, acceptor, words, sent, run: () => engine.execute(advisory(side)) };
}

const casesOf = (engine: Engine, kind: string) =>
  vi.waitFor(() => expect(engine.cases.open().map((one) => one.kind)).toContain(kind), { timeout: 12_000 });

const filled: Act = (message, on, { fill }) => on.report(message, fill('e1', '100', '151.00', '100'));

describe.each(KINDS)('%s, %s', (version, side) => {
  const kind = [version, side] as const;
  const [sl150, tp150] = BRACKETS[side][150];
  const [sl151, tp151] = BRACKETS[side][151];

  it('the exits close the position: opposite side, for what was filled', async () => {
    const { run, sent } = await world(kind, { entry: filled });
    expect(await run()).toMatchObject({ status: 'FILLED', finalSl: sl151, finalTp: tp151 });
    const close = side === 'buy' ? /^[25]$/ : /^1$/;
    for (const ending of ['-sl', '-tp']) {
      expect([sent(ending).tag(54), sent(ending).tag(38)]).toEqual([expect.stringMatching(close), '100']);
    }
  });

  it.each([
    ['taken back', 'FILL_BUSTED'],
    ['corrected to another price', 'FILL_CORRECTED'],
    ['corrected to less', 'FILL_CORRECTED'],
  ] as const)('B1 P8: after the end, %s: a case, and nothing is sent', async (what, expected) => {
    const { run, sent, engine, acceptor, words } = await world(kind, { entry: filled });
    expect(await run()).toMatchObject({ status: 'FILLED' });
    const { fill, bust, correct } = words;
    const tags = {
      'taken back': bust('e2', 'e1', '0', 0),
      'corrected to another price': correct('e2', 'e1', fill('e2', '100', '152.00', '100')),
      'corrected to less': correct('e2', 'e1', fill('e2', '60', '151.00', '60')),
    }[what];
    acceptor.report(sent(), tags);
    await casesOf(engine, expected);
    await acceptor.echo();
    expect([acceptor.of('D').length, acceptor.of('F').length]).toEqual([3, 0]);
  });

  it('B2 P8: 60 filled, taken back, then cancelled: no exits', async () => {
    const { run, acceptor } = await world(kind, {
      entry: (message, on, { fill, bust }) => {
        on.report(message, fill('e1', '60', '150.00', '60'));
        on.report(message, bust('e2', 'e1', '0', 0));
        on.report(message, { 17: 'e3', 150: 4, 39: 4, 14: 0, 6: 0 });
      },
    });
    expect(await run()).toMatchObject({ status: 'CANCELLED', finalPositionSize: '0' });
    expect(acceptor.of('D')).toHaveLength(1);
  });

  it('B3 B5: the stop is pending, and refused 40 ms later: no protection, and said so', async () => {
    const { run, engine } = await world(kind, {
      entry: filled,
      exit: (message, on) => {
        on.report(message, { 150: 'A', 39: 'A', 151: 100 });
        setTimeout(() => {
          if (message.tag(11).endsWith('-tp')) on.accept(message);
          else on.report(message, { 150: 8, 39: 8, 103: 0, 58: 'price band' });
        }, 40);
      },
    });
    const result = await run();
    expect([result.status, result.finalSl, result.reconciliationReport?.status]).toEqual([
      'FILLED',
      undefined,
      'MISSING_SL_TP',
    ]);
    await casesOf(engine, 'UNPROTECTED_POSITION');
  });

  it.each([
    ['cancelled', 'PROTECTION_LOST'],
    ['expired', 'PROTECTION_LOST'],
    ['both filled', 'POSITION_REVERSED'],
  ] as const)('B4 B7: the stop is %s at the venue: a case', async (what, expected) => {
    const fates: Record<string, Tags> = {};
    const { run, sent, engine, acceptor, words } = await world(kind, {
      entry: filled,
      question: (message, on, { answer }) => {
        const fate = fates[message.tag(11).slice(-3)];
        if (isExit(message)) on.report(message, answer({ 150: 0, 39: 0, 151: 100, ...fate, 17: 0 }));
      },
    });
    expect(await run()).toMatchObject({ status: 'FILLED' });
    const whole = (price: string) => words.fill(`x${price}`, '100', price, '100');
    const told: readonly (readonly [string, Tags])[] = {
      cancelled: [['-sl', { 150: 4, 39: 4 }] as const],
      expired: [['-sl', { 150: 'C', 39: 'C' }] as const],
      'both filled': [['-sl', whole(sl151)] as const, ['-tp', whole(tp151)] as const],
    }[what];
    for (const [ending, tags] of told) fates[ending] = tags;
    for (const [ending, tags] of told) acceptor.report(sent(ending), tags);
    await casesOf(engine, expected);
  });

  // Each waits for the submit call's five seconds: one side of each version will do.
  it.runIf((version === 'FIX.4.2') === (side === 'sell'))(
    'B5 P12: "Order not found" ends nothing; the fill that follows is protected',
    async () => {
      let asked = 0;
      const { run, acceptor } = await world(kind, {
        entry: nothing,
        question: (message, on, { answer, fill }) => {
          if (isExit(message)) return;
          asked += 1;
          on.report(message, answer({ 37: 'NONE', 150: 8, 39: 8, 17: 0, 58: 'Order not found' }));
          if (asked === 2) on.report(on.of('D')[0] ?? message, fill('e1', '100', '151.00', '100'));
        },
      });
      expect(await run()).toMatchObject({ status: 'FILLED', finalSl: sl151 });
      expect(acceptor.of('F')).toEqual([]);
    },
  );

  it('B6 S3: refused as a duplicate (103=6): adopted, looked up, protected; sent once', async () => {
    const { run, acceptor } = await world(kind, {
      entry: (message, on) => on.report(message, { 37: 'NONE', 150: 8, 39: 8, 103: 6, 58: 'duplicate' }),
      question: (message, on, { answer, fill }) => {
        if (!isExit(message)) on.report(message, answer({ ...fill('0', '100', '151.00', '100'), 37: 'o-1' }));
      },
    });
    expect(await run()).toMatchObject({ status: 'FILLED', finalSl: sl151, finalOrderId: 'o-1' });
    expect(acceptor.of('D').filter((message) => !isExit(message))).toHaveLength(1);
  });

  it('B7: a reject of another order under 37=NONE does not end ours', async () => {
    const { run } = await world(kind, {
      entry: (message, on, words) => {
        on.report(message, { 37: 'NONE', 150: 'A', 39: 'A', 151: 100 });
        on.report(message, { 37: 'NONE', 11: 'other', 150: 8, 39: 8, 103: 0, 58: 'not ours' });
        filled(message, on, words);
      },
    });
    expect(await run()).toMatchObject({ status: 'FILLED', finalSl: sl151 });
  });

  it('B13 P8: AvgPx 0, 50 @ 140 corrected to 150, 50 @ 150: SL and TP from 150', async () => {
    const { run } = await world(kind, {
      entry: (message, on, { fill, correct }) => {
        on.report(message, fill('e1', '50', '140.00', '50', 0));
        on.report(message, correct('e2', 'e1', fill('e2', '50', '150.00', '50', 0)));
        on.report(message, fill('e3', '50', '150.00', '100', 0));
      },
    });
    expect(await run()).toMatchObject({ status: 'FILLED', finalFillPrice: '150', finalSl: sl150, finalTp: tp150 });
  });

  it('B14: a fill of 50 told again under its ExecID with a new status counts once', async () => {
    const { run } = await world(kind, {
      entry: (message, on, { fill }) => {
        on.report(message, fill('e1', '50', '149.00', '50', 0));
        on.report(message, { ...fill('e1', '50', '149.00', '50', 0), 39: 'A' });
        on.report(message, fill('e2', '50', '151.00', '100', 0));
      },
    });
    expect(await run()).toMatchObject({ status: 'FILLED', finalPositionSize: '100', finalFillPrice: '150' });
  });

  it('B15 P10: restated to 60 with 60 filled: over at once, 60 protected', async () => {
    const { run, sent } = await world(kind, {
      entry: (message, on, { fill }) => {
        on.report(message, fill('e1', '60', '150.00', '60'));
        on.report(message, { 17: 'e2', 150: 'D', 378: 5, 39: 1, 38: 60, 14: 60, 151: 0, 6: '150.00' });
      },
      question: (message, on, { answer }) => {
        if (!isExit(message)) on.report(message, answer({ 150: 1, 39: 1, 38: 60, 14: 60, 6: '150.00', 17: 0 }));
      },
    });
    const result = await run();
    expect(result).toMatchObject({ finalPositionSize: '60', finalSl: sl150 });
    expect(result.totalDurationSeconds).toBeLessThan(10);
    expect(sent('-sl').tag(38)).toBe('60');
  });

  it('B16: a session reject of the order ends it, and its fields are shown', async () => {
    const { run } = await world(kind, {
      entry: (message, on) => on.send('3', { 45: message.tag(34), 371: 38, 372: 'D', 373: 5, 58: 'bad size' }),
    });
    const { status, errorMessage } = await run();
    expect([status, errorMessage]).toEqual(['FAILED', expect.stringMatching(/bad size.*371=38.*372=D.*373=5/)]);
  });

  it('A26 P11: prices and sizes of more than 30 digits are rounded, not refused', async () => {
    const long = `151.${'3'.repeat(31)}`;
    const { run } = await world(kind, {
      entry: (message, on, { fill }) => on.report(message, fill('e1', `100.${'0'.repeat(40)}`, long, '100', long)),
    });
    const result = await run();
    expect(result).toMatchObject({ status: 'FILLED', finalFillPrice: `151.${'3'.repeat(30)}` });
    expect(result.reconciliationReport?.status).not.toBe('MISSING_SL_TP');
  });

  it('A26 P11: AvgPx 0, and fills whose prices are that long', async () => {
    const long = `150.${'0'.repeat(31)}1`;
    const { run } = await world(kind, {
      entry: (message, on, { fill }) => on.report(message, fill('e1', '100', long, '100', 0)),
    });
    expect(await run()).toMatchObject({ status: 'FILLED', finalFillPrice: '150', finalSl: sl150 });
  });

  it.each([
    ['calculated (39=B)', 'B'],
    ['done for day (39=3)', '3'],
    ['pending cancel (39=6)', '6'],
    ['partially filled (39=1)', '1'],
  ])('A27 P9: the whole fill told as %s is a full fill', async (_, status) => {
    const { run, engine } = await world(kind, {
      entry: (message, on, { fill }) => on.report(message, { ...fill('e1', '100', '151.00', '100'), 39: status }),
      question: (message, on, { answer, fill }) => {
        if (!isExit(message)) on.report(message, answer({ ...fill('0', '100', '151.00', '100'), 39: status, 150: 2 }));
      },
    });
    expect(await run()).toMatchObject({ status: 'FILLED', finalSl: sl151 });
    expect(engine.cases.open().flatMap(({ mismatches }) => mismatches.map((one) => one.kind))).not.toContain(
      'ORDER_STILL_OPEN',
    );
  });

  it('A28 P10: 39=2 with 99 of 100, told twice: closed at once, 99 protected', async () => {
    const { run, sent } = await world(kind, {
      entry: (message, on, { fill }) => {
        on.report(message, { ...fill('e1', '99', '151.00', '99'), 39: 2 });
        on.report(message, {
          ...fill('e1', '99', '151.00', '99'),
          39: 2,
          17: 'e2',
          150: version === 'FIX.4.2' ? 2 : 3,
          32: 0,
        });
      },
      question: (message, on, { answer, fill }) => {
        if (!isExit(message)) on.report(message, answer({ ...fill('0', '99', '151.00', '99'), 39: 2, 150: 2 }));
      },
    });
    const result = await run();
    expect(result).toMatchObject({ finalPositionSize: '99', finalSl: sl151 });
    expect(result.totalDurationSeconds).toBeLessThan(10);
    expect(sent('-sl').tag(38)).toBe('99');
  });
});
