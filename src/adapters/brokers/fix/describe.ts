/**
 * What a session tells of itself. FIX has no question for any of it: nothing is sent.
 *
 * The counterparty's clock is the SendingTime (52) of its last message. It came one way: its latency counts as a lag.
 */
import type { BrokerClockReading, BrokerDescription } from '../../../domain/ports.js';
import { isoTime } from '../../../domain/time.js';
import type { Received } from './execution-report.js';
import type { FixSettings } from './settings.js';
import { TAG } from './tags.js';

const UTC_TIMESTAMP = /^(\d{4})(\d\d)(\d\d)-(\d\d:\d\d:\d\d(?:\.\d{1,3})?)/;

export interface PeerClock {
  heard(message: Received): void;
  readonly reading: BrokerClockReading | undefined;
}

/** @param now our wall time, epoch ms */
export function peerClock(now: () => number): PeerClock {
  let reading: BrokerClockReading | undefined;
  return {
    heard(message) {
      const sent = epochMs(message.field(TAG.sendingTime) ?? '');
      if (sent !== undefined) reading = { time: isoTime(sent), aheadMs: Math.round(sent - now()) };
    },
    get reading() {
      return reading;
    },
  };
}

/** A UTCTimestamp (`20261122-14:30:00.123`) in epoch ms. */
function epochMs(text: string): number | undefined {
  const [, year, month, day, time] = UTC_TIMESTAMP.exec(text) ?? [];
  const ms = Date.parse(`${year}-${month}-${day}T${time}Z`);
  return Number.isFinite(ms) ? ms : undefined;
}

export function describeSession(
  settings: Pick<FixSettings, 'version' | 'host' | 'port' | 'tls' | 'senderCompId' | 'targetCompId' | 'storeFolder'>,
  { reading }: Pick<PeerClock, 'reading'>,
  isReady: boolean,
): BrokerDescription {
  const { version, host, port, tls, senderCompId, targetCompId, storeFolder } = settings;
  return {
    about: `${version} session of ${senderCompId} with ${targetCompId} at ${host}:${port}, ${isReady ? 'logged on' : 'down'}`,
    ...(reading !== undefined && { clock: reading }),
    facts: {
      encryption: tls === undefined ? 'none (plain TCP)' : 'TLS',
      'sequence numbers': storeFolder === undefined ? 'reset at the first logon' : `kept in ${storeFolder}`,
    },
  };
}
