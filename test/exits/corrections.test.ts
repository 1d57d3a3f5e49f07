/**
 * A fill of an exit is taken back or changed by the venue (P8, B7): the position is held again, and nobody may believe it closed.
 */
import { describe, expect, it } from 'vitest';
import { atOwnVenue } from '../stories/own-venue.js';

const lines = ({ engine }: Awaited<ReturnType<typeof atOwnVenue>>, event: string) =>
  engine.executionLogs.filter((line) => line.event === event).map(({ details }) => details);

describe('a fill of an exit is taken back (P8 B7)', () => {
  it('P8 B7: after the position was closed: a case, and the position is shown as held without exits', async () => {
    const now = await atOwnVenue();
    const { clock, venue, engine, held, idOf, cases, found } = now;
    await held('A');
    const tp = `${idOf('A')}-tp`;
    const fillId = venue.fill(tp, 100, 155.53);
    await clock.advance(10_000);
    expect(engine.positions()).toMatchObject([{ isOpen: false, closed: { by: 'take_profit' } }]);
    venue.bust(tp, fillId);
    await clock.advance(1_000);
    expect(cases()).toEqual(['FILL_BUSTED A']);
    expect(found()).toEqual([
      `The venue took back fill ${fillId} of take-profit ${tp}: filled 100 @ 155.53, now 0; 100 of AAPL may be held again, and no exit works`,
    ]);
    expect(engine.positions()).toMatchObject([{ isOpen: true, openQuantity: '100', unprotectedQuantity: '100' }]);
    expect(lines(now, 'fill_busted')).toMatchObject([{ leg: 'tp', quantity: '-100', realisedPnl: '-453' }]);
    venue.tellAgain(tp, { correction: { kind: 'bust', fillId } });
    await clock.runUntil(engine.sweep());
    expect(cases()).toEqual(['FILL_BUSTED A']);
    expect(lines(now, 'fill_busted')).toHaveLength(1);
  });

  it('P8 B7: a part, while the position is held: size and profit follow, and the exit works on', async () => {
    const now = await atOwnVenue();
    const { clock, venue, engine, held, idOf, cases } = now;
    await held('A');
    const tp = `${idOf('A')}-tp`;
    const fillId = venue.fill(tp, 40, 155.53);
    await clock.advance(500);
    expect(engine.positions()).toMatchObject([{ openQuantity: '60', realisedPnl: '181.2' }]);
    venue.bust(tp, fillId, 'working');
    await clock.advance(20_000);
    expect(cases()).toEqual(['FILL_BUSTED A']);
    expect(engine.positions()).toMatchObject([{ isOpen: true, openQuantity: '100', takeProfit: { state: 'working' } }]);
    expect(engine.positions()[0]?.realisedPnl).toBeUndefined();
    // An older report still counts it.
    venue.tellAgain(tp, {
      filledSize: '40',
      fillPrice: '155.53',
      fills: [{ id: fillId, quantity: '40', price: '155.53' }],
    });
    await clock.advance(1_000);
    expect(engine.positions()).toMatchObject([{ openQuantity: '100' }]);
    venue.fill(tp, 100, 155.53);
    await clock.advance(1_000);
    expect(engine.positions()).toMatchObject([{ isOpen: false, realisedPnl: '453' }]);
  });

  it('P8 B7: while its sibling is about to go: both are over and the position is held, which is told as lost too', async () => {
    const { clock, venue, engine, held, idOf, found } = await atOwnVenue();
    await held('A');
    const tp = `${idOf('A')}-tp`;
    const fillId = venue.fill(tp, 40, 155.53);
    venue.end(`${idOf('A')}-sl`, 'cancelled');
    await clock.advance(100);
    venue.bust(tp, fillId, 'cancelled');
    await clock.advance(30_000);
    expect(found().some((sentence) => /took back fill/.test(sentence))).toBe(true);
    expect(found().some((sentence) => /no exit is working/.test(sentence))).toBe(true);
    expect(engine.positions()).toMatchObject([{ isOpen: true, openQuantity: '100', unprotectedQuantity: '100' }]);
  });
});

describe('a fill of an exit is changed (P8 B7 G3)', () => {
  it('P8 B7: another price, after the end: a case, and a line that corrects the profit', async () => {
    const now = await atOwnVenue();
    const { clock, venue, held, idOf, cases } = now;
    await held('A');
    const tp = `${idOf('A')}-tp`;
    const fillId = venue.fill(tp, 100, 155.53);
    await clock.advance(1_000);
    venue.correct(tp, fillId, 150);
    await clock.advance(1_000);
    expect(cases()).toEqual(['FILL_CORRECTED A']);
    expect(lines(now, 'fill_corrected')).toMatchObject([{ leg: 'tp', quantity: '0', realisedPnl: '-553' }]);
  });

  it('G3 P8: what a correction makes of the day counts toward the loss of the day', async () => {
    const now = await atOwnVenue({ limits: { maxDailyLoss: '50' } });
    const { clock, venue, engine, held, idOf } = now;
    await held('A');
    const tp = `${idOf('A')}-tp`;
    const fillId = venue.fill(tp, 100, 155.53);
    await clock.advance(1_000);
    expect(engine.killSwitch.isActive('AAPL')).toBe(false);
    venue.correct(tp, fillId, 150);
    await clock.advance(1_000);
    expect(engine.killSwitch.isActive('AAPL')).toBe(true);
  });
});

describe('a fill of the entry is taken back once its exits have moved on (P8)', () => {
  it('P8: the exits have closed the position: the case says so, and not that they cover it', async () => {
    const { clock, venue, held, idOf, found } = await atOwnVenue();
    await held('A');
    venue.fill(`${idOf('A')}-tp`, 100, 155.53);
    await clock.advance(6_000);
    venue.bust(idOf('A'), 'fill-1', 'filled');
    await clock.advance(1_000);
    expect(found()).toEqual([
      `The venue took back fill fill-1 of order ${idOf('A')}: filled 100 @ 151, now 0; its exits have closed 100, and none works any more`,
    ]);
  });

  it('P8: they have closed a part, or one has ended: what they cover is what still works', async () => {
    const { clock, venue, held, idOf, found } = await atOwnVenue();
    await held('A');
    venue.fill(`${idOf('A')}-tp`, 40, 155.53);
    venue.end(`${idOf('A')}-sl`, 'cancelled');
    await clock.advance(500);
    venue.bust(idOf('A'), 'fill-1', 'filled');
    await clock.advance(500);
    expect(found().find((sentence) => sentence.includes('took back'))).toMatch(
      /now 0; its exits have closed 40, and the exits still cover 60 \(TP 155.53\)$/,
    );
  });
});
