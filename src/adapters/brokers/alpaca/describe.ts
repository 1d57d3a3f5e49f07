/** What Alpaca tells of the account, the market and its clock: two reads. */
import type { BrokerDescription } from '../../../domain/ports.js';
import { clockReading } from '../clock-reading.js';
import { readAccount } from './margin.js';
import type { AlpacaSettings } from './options.js';
import type { Wire } from './wire.js';
import { isJson, type Json, textOf } from './wire-order.js';

/** @throws {Error} when one of the reads is not answered */
export async function describeAccount(
  wire: Wire,
  { clock, live, tradingUrl }: Pick<AlpacaSettings, 'clock' | 'live' | 'tradingUrl'>,
  isStreamUp: boolean | undefined,
  signal: AbortSignal,
): Promise<BrokerDescription> {
  const account = await readAccount(wire, signal);
  const askedAt = clock.now();
  const hours = await wire.get(signal, (apis, init) => apis.clock.legacyClockRaw(init));
  const answeredAt = clock.now();
  const time = isJson(hours) ? Date.parse(textOf(hours['timestamp']) ?? '') : Number.NaN;
  return {
    about: `${live ? 'account with REAL MONEY' : 'paper account'} at ${tradingUrl}, ${textOf(account['status']) ?? 'in no known status'}`,
    ...(Number.isFinite(time) && { clock: clockReading(time, askedAt, answeredAt) }),
    rateLimit: wire.rateLimit(),
    facts: {
      'buying power': [textOf(account['buying_power']) ?? 'not told', textOf(account['currency']) ?? '']
        .join(' ')
        .trim(),
      market: isJson(hours) ? marketOf(hours) : 'not told',
      'trade updates': isStreamUp === undefined ? 'not used' : isStreamUp ? 'up' : 'down',
    },
  };
}

function marketOf(hours: Json): string {
  const next = (name: string): string => textOf(hours[name]) ?? 'a time that Alpaca does not name';
  return hours['is_open'] === true ? `open until ${next('next_close')}` : `closed until ${next('next_open')}`;
}
