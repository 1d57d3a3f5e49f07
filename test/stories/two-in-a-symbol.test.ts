/**
 * Two executions of one symbol on a netting account: what moves the position of the one while the other is in flight is no
 * difference of the other's (R6.2), and a difference of the other's stays one.
 */
import { describe, expect, it } from 'vitest';
import { atOwnVenue } from './own-venue.js';
import { sentences } from './support.js';

describe('an exit of A fills while B is in flight (R6.2)', () => {
  it('R6.2: B is MATCHED, whichever exit it was', async () => {
    for (const [leg, price] of [
      ['tp', 155.53],
      ['sl', 147.98],
    ] as const) {
      const { clock, venue, held, start, idOf, cases } = await atOwnVenue();
      await held('A');
      const b = await start('B', { positionSize: '50' });
      venue.fill(`${idOf('A')}-${leg}`, 100, price);
      await clock.advance(500);
      venue.fill(b.clientOrderId, 50, 151);
      const result = await clock.runUntil(b.result);
      expect(sentences(result)).toEqual([]);
      expect(result).toMatchObject({ status: 'FILLED', reconciliationReport: { status: 'MATCHED' } });
      expect(cases()).toEqual([]);
    }
  });

  it('R6.2 B7: nobody pushes it, so it is not known yet: the exit is looked at, nothing else is asked again', async () => {
    const { clock, venue, held, start, idOf, cases } = await atOwnVenue();
    await held('A');
    const b = await start('B', { positionSize: '50' });
    venue.isSilent = true;
    venue.fill(`${idOf('A')}-tp`, 100, 155.53);
    venue.fill(b.clientOrderId, 50, 151);
    const before = venue.calls.filter(({ method }) => method === 'getPositions').length;
    const result = await clock.runUntil(b.result);
    expect(sentences(result)).toEqual([]);
    expect(cases()).toEqual([]);
    expect(venue.calls.filter(({ method }) => method === 'getPositions')).toHaveLength(before + 1);
  });

  it('R6.2 B7: it filled before B asked for the baseline, and is learned while B is in flight', async () => {
    const { clock, venue, held, start, idOf, cases } = await atOwnVenue();
    await held('A');
    venue.isSilent = true;
    venue.fill(`${idOf('A')}-sl`, 100, 147.98);
    const b = await start('B', { positionSize: '50' });
    venue.isSilent = false;
    venue.tellAgain(`${idOf('A')}-sl`);
    await clock.advance(100);
    venue.fill(b.clientOrderId, 50, 151);
    const result = await clock.runUntil(b.result);
    expect(sentences(result)).toEqual([]);
    expect(cases()).toEqual([]);
  });

  it('R6.2: a part of it fills, and B is sold short: the other side counts just so', async () => {
    const { clock, venue, held, start, idOf, cases } = await atOwnVenue();
    await held('A');
    const short = { side: 'sell', slOffsetPct: '0.02', tpOffsetPct: '-0.03', positionSize: '30' } as const;
    const b = await start('B', short);
    venue.fill(`${idOf('A')}-tp`, 40, 155.53);
    venue.fill(b.clientOrderId, 30, 151);
    const result = await clock.runUntil(b.result);
    expect(sentences(result)).toEqual([]);
    expect(cases()).toEqual([]);
  });

  it('R6.2, negative control: exits of A work and none has filled: a position of B that is not there is missing', async () => {
    const { clock, venue, held, start, cases } = await atOwnVenue();
    await held('A');
    const b = await start('B', { positionSize: '50' });
    venue.trade('AAPL', -50);
    venue.fill(b.clientOrderId, 50, 151);
    const result = await clock.runUntil(b.result);
    expect(sentences(result)).toEqual(['Expected position 50, found 0 in broker (it shows 100; 100 was there before)']);
    expect(cases()).toEqual(['MISSING_POSITION B']);
  });
});

describe('two executions that net to nothing (R6.2 R6.3)', () => {
  it('R6.2 R6.3: the broker lists no row in which it could show exits: that is no missing stop-loss', async () => {
    const { clock, venue, held, start, cases } = await atOwnVenue();
    await held('A');
    const short = { side: 'sell', slOffsetPct: '0.02', tpOffsetPct: '-0.03' } as const;
    const b = await start('B', short);
    venue.fill(b.clientOrderId, 100, 151);
    expect(sentences(await clock.runUntil(b.result))).toEqual([]);
    expect(cases()).toEqual([]);
  });

  it('R6.2 R6.3, negative control: nobody else holds anything, so a position without a row is missing, and so are its exits', async () => {
    const { clock, venue, start } = await atOwnVenue();
    const a = await start('A');
    venue.trade('AAPL', -100);
    venue.fill(a.clientOrderId, 100, 151);
    const result = await clock.runUntil(a.result);
    expect(result.reconciliationReport?.mismatches.map(({ kind }) => kind)).toEqual([
      'MISSING_POSITION',
      'MISSING_SL',
      'MISSING_TP',
    ]);
  });
});

describe('a fill of A is taken back while B is in flight (R6.2 P8)', () => {
  it('R6.2 P8: after the result of A: one case, of A; B is MATCHED', async () => {
    const { clock, venue, held, start, idOf, cases } = await atOwnVenue();
    await held('A');
    const b = await start('B', { positionSize: '50' });
    venue.bust(idOf('A'), 'fill-1');
    await clock.advance(500);
    venue.fill(b.clientOrderId, 50, 151);
    const result = await clock.runUntil(b.result);
    expect(sentences(result)).toEqual([]);
    expect(cases()).toEqual(['FILL_BUSTED A']);
  });

  it.each(['working', 'over'])(
    'R6.2 P8: of an exit of A, whose position is %s: the case is that of A, and B is MATCHED',
    async (how) => {
      const { clock, venue, held, start, idOf, cases } = await atOwnVenue({ onMismatch: 'report-only' });
      await held('A');
      const tp = `${idOf('A')}-tp`;
      const fillId = venue.fill(tp, how === 'over' ? 100 : 40, 155.53);
      await clock.advance(1_000);
      const b = await start('B', { positionSize: '50' });
      venue.bust(tp, fillId, how === 'over' ? 'cancelled' : 'working');
      await clock.advance(500);
      venue.fill(b.clientOrderId, 50, 151);
      const result = await clock.runUntil(b.result);
      expect(sentences(result)).toEqual([]);
      expect(cases()).toEqual(['FILL_BUSTED A']);
    },
  );

  it('R6.2 P8: before A is filled: B is MATCHED, and no case is opened', async () => {
    const { clock, venue, engine, start, cases } = await atOwnVenue();
    const a = await start('A');
    const fillId = venue.fill(a.clientOrderId, 60, 151);
    await clock.advance(500);
    const b = await start('B', { positionSize: '50' });
    venue.bust(a.clientOrderId, fillId, 'submitted');
    await clock.advance(500);
    venue.fill(b.clientOrderId, 50, 151);
    const result = await clock.runUntil(b.result);
    expect(sentences(result)).toEqual([]);
    venue.fill(a.clientOrderId, 100, 151);
    expect(await clock.runUntil(a.result)).toMatchObject({ status: 'FILLED', finalPositionSize: '100' });
    expect(cases()).toEqual([]);
    expect(engine.executions().every(({ stage }) => stage === 'FILLED')).toBe(true);
  });
});

describe('a fill of its own is taken back (R6.2 P8)', () => {
  it('R6.2 P8, negative control: that leaves an execution no room for what it does not hold', async () => {
    const { clock, venue, start } = await atOwnVenue();
    const a = await start('A');
    const fillId = venue.fill(a.clientOrderId, 60, 151);
    venue.bust(a.clientOrderId, fillId, 'submitted');
    await clock.advance(500);
    venue.trade('AAPL', -60);
    venue.fill(a.clientOrderId, 100, 151);
    expect(sentences(await clock.runUntil(a.result))).toEqual(['Expected position 100, found 40 in broker']);
  });
});

describe('several fills are taken back after the result (P8)', () => {
  it('P8: each sentence says what stood before it, and a correction that is told again adds nothing', async () => {
    const { clock, venue, start, cases, found } = await atOwnVenue();
    const a = await start('A');
    venue.fill(a.clientOrderId, 60, 150);
    venue.fill(a.clientOrderId, 40, 152);
    await clock.runUntil(a.result);
    venue.bust(a.clientOrderId, 'fill-1', 'filled');
    venue.tellAgain(a.clientOrderId, { correction: { kind: 'bust', fillId: 'fill-1' } });
    venue.bust(a.clientOrderId, 'fill-2', 'filled');
    await clock.advance(1_000);
    expect(cases()).toEqual(['FILL_BUSTED A']);
    expect(found()).toEqual([
      expect.stringMatching(/took back fill fill-1 .*: filled 100 @ 150.8, now 40 @ 152; the exits still cover 100/),
      expect.stringMatching(/took back fill fill-2 .*: filled 40 @ 152, now 0; the exits still cover 100/),
    ]);
  });

  it('P8 M1: a sweep that finds just what was taken back adds to the case, and resolving it settles both', async () => {
    const { clock, venue, engine, held, idOf, cases } = await atOwnVenue();
    await held('A');
    venue.bust(idOf('A'), 'fill-1');
    await clock.advance(100);
    await clock.runUntil(engine.sweep());
    expect(cases()).toEqual(['FILL_BUSTED A']);
    const [open] = engine.cases.open();
    await engine.cases.resolve(open?.caseId ?? '', { by: 'ops', reason: 'exits cancelled by hand' });
    await clock.runUntil(engine.sweep());
    expect(cases()).toEqual([]);
  });
});
