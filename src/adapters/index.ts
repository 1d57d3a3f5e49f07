/** `fillchart/adapters`: the outside world, in the parts that need nothing else installed. */

export { type PaperBroker, type PaperCalls, paperBroker } from './brokers/paper/paper-broker.js';
export type {
  InitialPosition,
  PaperBrokerOptions,
  PartialFills,
  PriceFileOptions,
  RejectRule,
} from './brokers/paper/paper-options.js';
export type { PaperOrderView } from './brokers/paper/paper-order.js';
export type { PaperScript, PaperScripts } from './brokers/paper/paper-script.js';
export type { PaperQuote, PaperTick } from './brokers/paper/quote.js';
export { TooLateError, timedBody } from './brokers/timed-body.js';
export { JournalError } from './journals/journal-error.js';
export { memoryJournal } from './journals/memory.js';
export { readSqliteJournal, sqliteJournal } from './journals/sqlite.js';
export { systemClock } from './system-clock.js';
