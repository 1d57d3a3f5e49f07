/** `fillchart/alpaca`: Alpaca, paper or live, on its official library (an optional peer, loaded on first use). */

export { alpacaBroker } from './alpaca-broker.js';
export type { AlpacaBrokerOptions } from './options.js';
