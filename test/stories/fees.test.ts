/**
 * A fee in the bought asset makes the position smaller than the fill (B6).
 */
import type { SnapshotInput } from 'fillchart';
import { describe, expect, it } from 'vitest';
import { add, decimal, subtract } from '../../src/domain/decimal.js';
import type { BrokerAdapter, Fee, Instrument, ProtectionRequest } from '../../src/domain/ports.js';
import type { FaultBroker } from '../../src/testing/fault-broker.js';
import { ADVISORY, fill, fills, mismatchKinds, type Setting, sentences, told, type World } from './support.js';

const coin = (
  symbol: string,
  lotSize: string,
  differs: Partial<Instrument> = {},
): NonNullable<Setting['instruments']> => ({
  [symbol]: { symbol, tickSize: '0.01', lotSize, ...differs },
});

const buying = (symbol: string, positionSize: string): SnapshotInput => ({ ...ADVISORY, symbol, positionSize });

/** A venue that takes its fee, and whose position is what is left. */
const charging =
  (fees: readonly Fee[], lessens: string, tells: 'with the fill' | 'later' = 'with the fill') =>
  (broker: FaultBroker): BrokerAdapter => {
    let isProtected = false;
    return {
      ...broker,
      getOrderStatus: async (ref, signal) => {
        const report = await broker.getOrderStatus(ref, signal);
        const isFilled = report !== 'not_found' && report.filledSize !== '0';
        return isFilled && (tells === 'with the fill' || isProtected) ? { ...report, fees } : report;
      },
      placeProtection: (request, signal) => {
        isProtected = true;
        return broker.placeProtection(request, signal);
      },
      getPositions: async (symbols, signal) => {
        const shown = await broker.getPositions(symbols, signal);
        return shown.map((row) =>
          row.size === '0' ? row : { ...row, size: subtract(decimal(row.size), decimal(lessens)) },
        );
      },
    };
  };

const quantities = ({ broker }: World) =>
  broker.calls
    .filter(({ method }) => method === 'placeProtection')
    .map(({ argument }) => (argument as ProtectionRequest).quantity);

describe('what is protected is what is there (B6)', () => {
  it.each([
    ['C6', '0.0005', '0.00001', '0.0000005', '0.00049', '0.0000095'],
    ['C6 C7', '67', '1', '0.067', '66', '0.933'],
    ['C8', '1', '0.001', '0.001', '0.999', undefined],
    ['C9', '100', '0.1', '0.1', '99.9', undefined],
  ])(
    '%s B6: buy %s at lot %s, fee %s in the coin: exits for %s, %s is left',
    async (_, size, lot, fee, covered, rest) => {
      const { now, result } = await told(
        {
          script: fills(fill(1, size, 151)),
          instruments: coin('BTC/USDT', lot),
          wrap: charging([{ asset: 'BTC', amount: fee }], fee),
        },
        [],
        buying('BTC/USDT', size),
      );
      expect(quantities(now)).toEqual([covered]);
      expect(result.unprotectedQuantity).toBe(rest);
      expect(result).toMatchObject({ status: 'FILLED', finalPositionSize: size, finalSl: '147.98' });
      expect(mismatchKinds(result)).toEqual([]);
      expect(now.engine.cases.all()).toEqual([]);
    },
  );

  it.each([
    [
      'the instrument names its asset',
      coin('XBTUSD', '0.001', { baseAsset: 'XBT' }),
      'XBTUSD',
      'XBT',
      '0.999',
      '0.001',
    ],
    ['nobody names it', coin('XBTUSD', '0.001'), 'XBTUSD', 'XBT', '1', '0'],
    ['the fee is in the quote asset', coin('BTC/USDT', '0.001'), 'BTC/USDT', 'USDT', '1', '0'],
  ])('B6: %s', async (_, instruments, symbol, asset, covered, lessens) => {
    const wrap = charging([{ asset, amount: '0.001' }], lessens);
    const { now, result } = await told({ script: fills(fill(1, 1, 151)), instruments, wrap }, [], buying(symbol, '1'));
    expect(quantities(now)).toEqual([covered]);
    expect(mismatchKinds(result)).toEqual([]);
  });

  it('B6: a sale is not lessened by a fee in the coin', async () => {
    const short = { ...buying('BTC/USDT', '1'), side: 'sell', slOffsetPct: '0.02', tpOffsetPct: '-0.03' } as const;
    const setting = { script: fills(fill(1, 1, 151)), instruments: coin('BTC/USDT', '0.001') };
    const wrap = charging([{ asset: 'BTC', amount: '0.001' }], '0');
    const { now, result } = await told({ ...setting, wrap }, [], short);
    expect(quantities(now)).toEqual(['1']);
    expect(mismatchKinds(result)).toEqual([]);
  });

  describe('the fee is told after the exits were placed', () => {
    const later = (
      lot: string,
      wrap: Setting['wrap'] = charging([{ asset: 'BTC', amount: '0.001' }], '0.001', 'later'),
    ) =>
      told(
        { script: fills(fill(1, 1, 151)), instruments: coin('BTC/USDT', lot), ...(wrap !== undefined && { wrap }) },
        [],
        buying('BTC/USDT', '1'),
      );

    it('B6 C9 M1: the exits are for more than is held: a human is told, and nothing is moved', async () => {
      const { now, result } = await later('0.001');
      expect(quantities(now)).toEqual(['1']);
      expect(now.broker.count('cancelOrder')).toBe(0);
      expect(result).toMatchObject({ status: 'FILLED', finalSl: '147.98', finalTp: '155.53' });
      expect(result.reconciliationReport?.mismatches).toMatchObject([
        { kind: 'PROTECTION_SIZE', expected: '0.999', actual: '1' },
      ]);
      expect(sentences(result)[0]).toMatch(/placed for 1, and a fee told since leaves 0.999 held/);
      expect(now.engine.cases.open().map(({ kind, symbol }) => [kind, symbol])).toEqual([['MISMATCH', 'BTC/USDT']]);
    });

    it('B6: the broker offers no positions: named all the same', async () => {
      const wrap = (broker: FaultBroker): BrokerAdapter => ({
        ...charging([{ asset: 'BTC', amount: '0.001' }], '0', 'later')(broker),
        capabilities: { ...broker.capabilities, positions: 'none' },
      });
      const { result } = await later('0.001', wrap);
      expect(mismatchKinds(result)).toEqual(['PROTECTION_SIZE']);
    });

    it.each([
      ['it is in the quote asset', charging([{ asset: 'USDT', amount: '0.151' }], '0', 'later')],
      ['it is a rebate', charging([{ asset: 'BTC', amount: '-0.001' }], '-0.001', 'later')],
    ])('B6: a control: %s', async (_, wrap) => {
      const { now, result } = await later('0.001', wrap);
      expect(mismatchKinds(result)).toEqual([]);
      expect(now.engine.cases.all()).toEqual([]);
    });
  });

  it('B6: less than a lot is left: nothing can be placed, and a human is told why', async () => {
    const setting = {
      script: { ...fills(fill(1, '0.5', 151)), ends: { at: 2_000, state: 'cancelled' } },
      instruments: coin('BTC/USDT', '1'),
    };
    const { now, result } = await told(setting as Setting, [], buying('BTC/USDT', '2'));
    expect(quantities(now)).toEqual([]);
    expect(result).toMatchObject({ status: 'CANCELLED', unprotectedQuantity: '0.5' });
    const [opened] = now.engine.cases.open();
    expect(opened?.kind).toBe('UNPROTECTED_POSITION');
    expect(opened?.mismatches.map(({ message }) => message).join()).toMatch(/less than the lot of 1/);
  });

  it('C9 R6.2: two executions in one symbol, a fee each: both MATCHED', async () => {
    const wrap = (broker: FaultBroker): BrokerAdapter => ({
      ...charging([{ asset: 'BTC', amount: '0.001' }], '0')(broker),
      getPositions: async (symbols, signal) => {
        const [row = { symbol: 'BTC/USDT', size: '0' }] = await broker.getPositions(symbols, signal);
        const filled = decimal(row.size);
        const charged = filled === '2' ? '0.002' : filled === '1' ? '0.001' : '0';
        return [{ ...row, size: add(filled, decimal(`-${charged}`)) }];
      },
    });
    const setting = { script: fills(fill(1, 1, 151)), instruments: coin('BTC/USDT', '0.001'), wrap };
    const { now, result } = await told(setting, [], buying('BTC/USDT', '1'));
    const second = await now.clock.runUntil(now.engine.execute({ ...buying('BTC/USDT', '1'), advisoryId: 'ADV-B' }));
    expect([mismatchKinds(result), mismatchKinds(second)]).toEqual([[], []]);
  });
});
