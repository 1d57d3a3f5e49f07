/** How a broker's clock stands to ours, from one request for its time. */
import type { BrokerClockReading } from '../../domain/ports.js';
import { isoTime } from '../../domain/time.js';

/**
 * The broker read its clock somewhere between the two readings of ours: half of the distance is what cannot be known.
 *
 * @param brokerMs the broker's wall time, epoch ms
 * @param askedAt ours when the request left, epoch ms
 * @param answeredAt ours when its answer was there, epoch ms
 */
export function clockReading(brokerMs: number, askedAt: number, answeredAt: number): BrokerClockReading {
  return {
    time: isoTime(brokerMs),
    aheadMs: Math.round(brokerMs - (askedAt + answeredAt) / 2),
    withinMs: Math.ceil(Math.abs(answeredAt - askedAt) / 2),
  };
}
