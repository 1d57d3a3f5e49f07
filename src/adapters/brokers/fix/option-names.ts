/**
 * The names of the options, also of those within others. What is not known is refused, with the nearest known name (E8).
 */
import { refuseUnknown } from '../../../domain/option-names.js';
import type { FixAddress, FixBrokerOptions, FixExits, FixInstrument, FixPositions } from './options.js';

type Names<Options> = { readonly [Name in keyof Required<Options>]: true };

const OPTIONS: Names<FixBrokerOptions> = {
  version: true,
  host: true,
  port: true,
  alternates: true,
  senderCompId: true,
  targetCompId: true,
  senderSubId: true,
  targetSubId: true,
  username: true,
  password: true,
  passwordField: true,
  newPassword: true,
  logon: true,
  signLogon: true,
  fields: true,
  onBehalfOfCompId: true,
  deliverToCompId: true,
  dictionary: true,
  messageLog: true,
  account: true,
  tls: true,
  storeFolder: true,
  peek: true,
  resetOnLogon: true,
  schedule: true,
  heartbeatSeconds: true,
  logonTimeoutMs: true,
  gapTimeoutMs: true,
  reconnectMs: true,
  logoutTimeoutMs: true,
  instruments: true,
  orderStatus: true,
  pollMs: true,
  marketableLimit: true,
  entryTimeInForce: true,
  sellShort: true,
  exits: true,
  positions: true,
  massStatus: true,
  marketData: true,
  warn: true,
  clock: true,
};
const EXITS: Names<FixExits> = { timeInForce: true, oco: true, closeOnly: true };
const POSITIONS: Names<FixPositions> = { account: true, accountType: true, partyId: true };
const ADDRESS: Names<FixAddress> = { host: true, port: true };
const INSTRUMENT: Names<FixInstrument> = {
  symbol: true,
  tickSize: true,
  lotSize: true,
  minQty: true,
  maxQty: true,
  tradable: true,
  protectable: true,
  protectionLotSize: true,
  reason: true,
  baseAsset: true,
  securityId: true,
  securityIdSource: true,
  sendsSymbol: true,
  fields: true,
  marketableLimit: true,
};

/** @throws {FillchartError} `INVALID_OPTION` */
export function refuseUnknownOptions(options: FixBrokerOptions): void {
  const refuse = (given: unknown, names: object, prefix?: string): void =>
    refuseUnknown('fixBroker', given, Object.keys(names), prefix);
  // A config of the command line may be handed over as it is: what says whether money is at stake is not the adapter's.
  refuse(options, { ...OPTIONS, live: true });
  refuse(options.exits, EXITS, 'exits.');
  refuse(options.positions, POSITIONS, 'positions.');
  for (const address of options.alternates ?? []) refuse(address, ADDRESS, 'alternates.');
  for (const instrument of options.instruments) refuse(instrument, INSTRUMENT, 'instruments.');
}
