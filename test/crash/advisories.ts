/**
 * The advisories of the crash tests, by number: the same in every process.
 */
import type { SnapshotInput } from '../../src/domain/snapshot.js';

export const advisoryIdOf = (number: number): string => `ADV-${number}`;

/** Two advisories share a symbol, so that each must find its own part of the one position. */
export const advisoryOf = (number: number): SnapshotInput & { readonly symbol: string } => ({
  advisoryId: advisoryIdOf(number),
  symbol: `S${Math.ceil(number / 2)}`,
  side: 'buy',
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: '2099-01-01T00:00:00Z',
});
