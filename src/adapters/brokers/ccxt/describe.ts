/** What an exchange tells of its clock and the account, for a person who checks the connection: two reads. */
import type { BrokerDescription } from '../../../domain/ports.js';
import { clockReading } from '../clock-reading.js';
import type { Connection } from './connection.js';
import type { Dialect } from './dialect.js';

/** kraken tells its time in whole seconds. */
const COARSE_MS = 1_000;

/** @throws {Error} when the account is not told */
export async function describeExchange(connection: Connection, signal: AbortSignal): Promise<BrokerDescription> {
  const { settings, dialect, wire } = connection;
  const { live, baseUrl, exchange } = settings;
  const account = await connection.accounts.read(signal);
  const clock = await readClock(connection, signal);
  return {
    about: `${live ? 'account with REAL MONEY' : 'sandbox'} at ${exchange}${baseUrl === undefined ? '' : ` (${baseUrl})`}, ${settings.market === 'linear' ? 'perpetuals' : 'spot'}`,
    ...(clock !== undefined && { clock }),
    rateLimit: wire.rateLimit(),
    facts: {
      account: account.blocked ?? 'may trade',
      'SL and TP': exitsOf(dialect),
      sells: dialect.positionsOf !== undefined ? 'open a short' : settings.sells ? 'of what is held' : 'refused',
    },
  };
}

function exitsOf({ exitPair, waitingExits }: Dialect): string {
  if (exitPair !== undefined) return 'one order (OCO)';
  if (waitingExits === undefined) return 'two orders, each holds the balance';
  return 'two conditional orders; when one fills, this process cancels the other';
}

async function readClock(
  { settings, dialect, wire }: Connection,
  signal: AbortSignal,
): Promise<BrokerDescription['clock']> {
  const askedAt = settings.clock.now();
  const said = await wire.read(signal, dialect.time).catch(() => undefined);
  const there = said === undefined ? undefined : dialect.serverTime(said.data);
  if (there === undefined) return undefined;
  const reading = clockReading(there, askedAt, settings.clock.now());
  const { withinMs = 0 } = reading;
  return dialect.exchange === 'kraken' ? { ...reading, withinMs: withinMs + COARSE_MS } : reading;
}
