/** `fillchart/ccxt`: binance, bybit, okx and kraken, spot, on ccxt (an optional peer, loaded on first use). */

export { ccxtBroker } from './ccxt-broker.js';
export type { CcxtBrokerOptions, CcxtExchange } from './options.js';
