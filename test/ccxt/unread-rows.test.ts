/** A list of open orders or positions of which a row cannot be read: no answer, and never one that leaves something out. */
import { describe, expect, it } from 'vitest';
import { binance } from '../../src/adapters/brokers/ccxt/binance.js';
import { bybit } from '../../src/adapters/brokers/ccxt/bybit.js';
import { bybitLinear } from '../../src/adapters/brokers/ccxt/bybit-linear.js';
import { kraken } from '../../src/adapters/brokers/ccxt/kraken.js';
import { okx } from '../../src/adapters/brokers/ccxt/okx.js';

const ofBinance = { symbol: 'BTCUSDT', orderId: '1', status: 'NEW', executedQty: '0', origQty: '1', side: 'SELL' };
const ofBybit = { symbol: 'BTCUSDT', orderId: '1', orderStatus: 'New', cumExecQty: '0', qty: '1', side: 'Sell' };
const ofOkx = { instId: 'BTC-USDT', ordId: '1', state: 'live', accFillSz: '0', sz: '1', side: 'sell' };
const ofKraken = { status: 'open', vol_exec: '0', vol: '1', descr: { pair: 'XBTUSD', type: 'sell' } };
const position = { symbol: 'BTCUSDT', size: '1', side: 'Buy', positionIdx: 0 };

describe('M4 rows that cannot be read', () => {
  it.each([
    ['binance', binance.listed, [ofBinance], [ofBinance, { ...ofBinance, status: null }]],
    ['bybit', bybit.listed, { list: [ofBybit] }, { list: [ofBybit, { ...ofBybit, orderId: '' }] }],
    ['okx', okx.listed, [ofOkx], [ofOkx, { ...ofOkx, state: 5, accFillSz: [] }]],
    ['kraken', kraken.listed, { open: { A: ofKraken } }, { open: { A: ofKraken, B: { status: 'open' } } }],
    [
      'bybit perpetuals',
      bybitLinear.readPositions,
      { list: [position] },
      { list: [position, { symbol: 'X', size: [] }] },
    ],
  ] as const)('%s: one of them, and the list is no answer', (_, read, whole, broken) => {
    expect(read?.(whole)).toHaveLength(1);
    expect(read?.(broken)).toBeUndefined();
  });

  it('a size that Bybit leaves empty is flat', () => {
    expect(bybitLinear.readPositions?.({ list: [{ ...position, size: '', side: '' }] })).toMatchObject([{ size: '0' }]);
  });
});
