/** `fillchart/fix`: a FIX 4.4 or 4.2 counterparty as a broker, on jspurefix (an optional peer, loaded on first use). */

export type { FixFieldSets, FixFields } from './fields.js';
export { fixBroker } from './fix-broker.js';
export type { FixLogonToSign, SignLogon } from './logon.js';
export type { FixAddress, FixBrokerOptions, FixExits, FixInstrument, FixPositions, FixTls } from './options.js';
export type { FixDay, FixSchedule } from './schedule.js';
