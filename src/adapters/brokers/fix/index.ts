/** `fillchart/fix`: a FIX 4.4 or 4.2 counterparty as a broker, on jspurefix (an optional peer, loaded on first use). */

export { fixBroker } from './fix-broker.js';
export type { FixFieldSets, FixFields, FixLogonToSign, SignLogon } from './option-types.js';
export type { FixAddress, FixBrokerOptions, FixExits, FixInstrument, FixPositions, FixTls } from './options.js';
export type { FixDay, FixSchedule } from './schedule.js';
