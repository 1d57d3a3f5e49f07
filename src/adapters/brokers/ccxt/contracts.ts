/**
 * Net positions of contracts, as the exchange tells them.
 *
 * Two sides of one market that are held apart (hedge mode) are no net position: an order of ours would name neither.
 */
import { BrokerRefusal } from '../../../domain/broker-refusal.js';
import type { Purpose } from '../request-budget.js';
import type { Connection } from './connection.js';
import type { Market, VenuePosition } from './dialect.js';
import { readPages } from './listings.js';

const HEDGED = 'the account is in hedge mode; switch it to one-way mode: fillchart trades net positions there';

/** @throws {Error} when the exchange does not say; {BrokerRefusal} in hedge mode */
export async function readContracts(
  { dialect, wire }: Pick<Connection, 'dialect' | 'wire'>,
  signal: AbortSignal,
  purpose: Purpose,
  market?: Market,
  tag?: string,
): Promise<readonly VenuePosition[]> {
  const { readPositions: read = () => undefined } = dialect;
  const listings = dialect.positionsOf?.(market) ?? [];
  const lists = await Promise.all(
    listings.map((listing) => readPages({ dialect, wire }, listing, { read, what: 'positions' }, signal, purpose, tag)),
  );
  const all = lists.flat();
  if (all.some(({ isHedged }) => isHedged)) throw new BrokerRefusal(`${dialect.exchange}: ${HEDGED}`);
  return all;
}
