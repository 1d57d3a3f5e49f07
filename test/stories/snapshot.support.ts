/**
 * An advisory with every field, and what differs from it.
 */
import type { SnapshotInput } from 'fillchart';
import { ADVISORY, fill, fills } from './support.js';

/** Every field filled in. */
export const FULL: SnapshotInput = {
  ...ADVISORY,
  createdAt: '2025-12-31T23:00:00Z',
  htfBias: 'bullish',
  reasoningMode: 'trend',
  reasoningContext: { score: 0.5, tags: ['a', 'b'], nested: { deep: [1, { x: null }] } },
};

export const raw = (differs: object): SnapshotInput => ({ ...FULL, ...differs }) as SnapshotInput;

export const at151 = fills(fill(1, 100, 151));

export function caught(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  return undefined;
}
