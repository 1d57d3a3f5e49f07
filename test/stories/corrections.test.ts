/**
 * Fills that the venue takes back or changes (P8), and fills told by their ids (R2.4).
 */
import { describe, expect, it } from 'vitest';
import { auditEvents, mismatchKinds, push, type Setting, sentences, set, told } from './support.js';

const never = { fills: [] };
/** A report of the venue's, pushed; the order's own truth stays at nothing, so that polls tell less than is known. */
const partly = (differs: object) => push({ state: 'partially_filled', ...differs });
const E1 = { id: 'E1', quantity: '60', price: '150' };
const bust = (differs: object = {}) =>
  push({
    state: 'pending',
    filledSize: '0',
    fillPrice: undefined,
    correction: { kind: 'bust', fillId: 'E1' },
    ...differs,
  });

const at151 = { fills: [{ at: 1_000, quantity: '100', price: '151' }] };
const caseKinds = (now: Awaited<ReturnType<typeof told>>['now']) =>
  now.engine.cases.open().flatMap(({ mismatches }) => mismatches.map(({ kind }) => kind));

describe('before protection is asked for, size and price follow', () => {
  it('B2 P8: 60 filled, taken back, cancelled at 30 s: no exits are sent', async () => {
    const { now, result } = await told({ script: never }, [
      [1, partly({ filledSize: '60', fillPrice: '150', fills: [E1] })],
      [2, bust()],
    ]);
    expect(result).toMatchObject({ status: 'FAILED_TIMEOUT', finalPositionSize: '0' });
    expect(now.broker.count('placeProtection')).toBe(0);
    expect(result.reconciliationReport?.status).toBe('MATCHED');
    expect(auditEvents(now)).toContain('fill_busted');
  });

  it('B13 P8 R2.4: no average, 50 @ 140 corrected to 150, 50 @ 150: SL from 150', async () => {
    const fifty = (id: string, price: string) => ({ id, quantity: '50', price });
    const { result } = await told({ script: never }, [
      [1, partly({ filledSize: '50', fillPrice: '0', fills: [fifty('E1', '140')] })],
      [
        2,
        partly({
          filledSize: '50',
          fillPrice: '0',
          fills: [fifty('E2', '150')],
          correction: { kind: 'correct', fillId: 'E1' },
        }),
      ],
      [3, push({ filledSize: '100', fillPrice: '0', fills: [fifty('E3', '150')] })],
    ]);
    expect(result).toMatchObject({ status: 'FILLED', finalFillPrice: '150', finalSl: '147', finalTp: '154.5' });
  });

  it('B14 P8: the same fill told again with another status counts once', async () => {
    const { result } = await told({ script: never }, [
      [1, partly({ filledSize: '60', fillPrice: undefined, fills: [E1] })],
      [2, push({ state: 'partially_filled', filledSize: '60', fillPrice: undefined, fills: [E1, E1] })],
      [
        3,
        push({ filledSize: '100', fillPrice: undefined, fills: [E1, { id: 'E2', quantity: '40', price: '155' }, E1] }),
      ],
    ]);
    expect(result).toMatchObject({ status: 'FILLED', finalFillPrice: '152' });
  });

  it('P8: an older report of a fill that was taken back does not bring it in again', async () => {
    const { now, result } = await told({ script: never }, [
      [1, partly({ filledSize: '60', fillPrice: '150', fills: [E1] })],
      [2, bust()],
      [3, partly({ filledSize: '60', fillPrice: '150', fills: [E1] })],
      [4, bust()],
    ]);
    expect(result.finalPositionSize).toBe('0');
    expect(auditEvents(now).filter((event) => event === 'fill_busted')).toHaveLength(1);
  });

  it('P8: taken back, and filled again under another id: the whole size counts', async () => {
    const { result } = await told({ script: never }, [
      [1, partly({ filledSize: '60', fillPrice: '150', fills: [E1] })],
      [2, bust()],
      [3, push({ filledSize: '100', fillPrice: '152', fills: [{ id: 'E2', quantity: '100', price: '152' }] })],
      [4, bust()],
    ]);
    expect(result).toMatchObject({ status: 'FILLED', finalFillPrice: '152', finalPositionSize: '100' });
  });

  it('P8 P2: a falling size that is not said to be a bust changes nothing, and is written down', async () => {
    const { now, result } = await told({ script: never }, [
      [1, partly({ filledSize: '60', fillPrice: '150' })],
      [2, partly({ filledSize: '20', fillPrice: '140' })],
    ]);
    expect(result).toMatchObject({ finalPositionSize: '60', finalFillPrice: '150' });
    expect(now.lines.filter(({ fields }) => fields['told'] === '20')).toHaveLength(1);
    expect(auditEvents(now)).not.toContain('fill_busted');
  });
});

describe('after protection was asked for, a case says what the exits still cover', () => {
  const slowExits: Setting = { script: { ...at151, protection: { delayMs: 1_000 } } };
  const lessFilled = { state: 'partially_filled', filledSize: '40', fillPrice: '151' };

  it('P8: taken back in part while the exits are being placed: nothing is moved', async () => {
    const { now, result } = await told(slowExits, [
      [1.5, push({ ...lessFilled, correction: { kind: 'bust', fillId: 'E9' } })],
    ]);
    expect(result).toMatchObject({ status: 'FILLED', finalPositionSize: '40', finalSl: '147.98' });
    expect(mismatchKinds(result)).toContain('FILL_BUSTED');
    expect(sentences(result).find((text) => text.includes('took back'))).toMatch(
      /fill E9 .*100 @ 151, now 40 @ 151; exits for 100 have been asked for/,
    );
    expect(now.engine.cases.open()).toMatchObject([{ kind: 'FILL_BUSTED' }]);
    expect(now.broker.count('writes')).toBe(2);
  });

  it.each([
    ['B1 P8: taken back', { kind: 'bust', fillId: 'E1' }, { filledSize: '0', fillPrice: undefined }, 'FILL_BUSTED'],
    ['B1 P8: taken back in part, without an id', { kind: 'bust' }, { filledSize: '70' }, 'FILL_BUSTED'],
    ['B1 P8: at another price', { kind: 'correct', fillId: 'E1' }, { fillPrice: '149' }, 'FILL_CORRECTED'],
    ['B1 P8: of another size', { kind: 'correct', fillId: 'E1' }, { filledSize: '90' }, 'FILL_CORRECTED'],
  ])('%s after the result: a case that says what the exits cover, told once', async (_, correction, differs, kind) => {
    const { now, result } = await told({ script: at151 });
    const report = push({ ...differs, correction });
    for (let n = 0; n < 3; n += 1) report(now);
    await now.clock.advance(1_000);
    expect(result.status).toBe('FILLED');
    expect(now.engine.cases.open()).toMatchObject([{ kind, advisoryId: 'ADV-A' }]);
    expect(caseKinds(now)).toEqual([kind]);
    const [message] = now.engine.cases.open().flatMap(({ mismatches }) => mismatches.map((found) => found.message));
    expect(message).toMatch(/the exits still cover 100 \(SL 147.98, TP 155.53\)/);
    expect(auditEvents(now).slice(-2)).toEqual([
      kind === 'FILL_BUSTED' ? 'fill_busted' : 'fill_corrected',
      'case_opened',
    ]);
    expect(now.broker.count('writes')).toBe(2);
  });

  it('P8 M2: what a resolved case has told is not told again', async () => {
    const { now } = await told({ script: at151 });
    bust()(now);
    await now.clock.advance(1_000);
    const [opened] = now.engine.cases.open();
    await now.engine.cases.resolve(opened?.caseId ?? '', { by: 'ops', reason: 'flattened by hand' });
    bust()(now);
    await now.clock.advance(1_000);
    expect(now.engine.cases.all()).toHaveLength(1);
  });

  it('P8: a control: an older report after the result is no bust', async () => {
    const { now } = await told({ script: at151 });
    push({ state: 'partially_filled', filledSize: '40' })(now);
    await now.clock.advance(1_000);
    expect(now.engine.cases.all()).toEqual([]);
  });

  it('P8 B3: a kill switch afterwards moves nothing', async () => {
    const { now } = await told({ script: at151 });
    bust()(now);
    set('GLOBAL')(now);
    await now.clock.advance(5_000);
    expect(now.broker.count('writes')).toBe(2);
  });
});
