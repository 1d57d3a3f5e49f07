/**
 * Kinds measured in turns, so that a busy minute meets all of them alike: one round to warm up, then up to `rounds` more, as
 * far as the time allows, and at least one.
 */
import { performance } from 'node:perf_hooks';

const BUDGET_MS = 45_000;
const FULL_BUDGET_MS = 300_000;

/** Samples by name; `kinds` are functions that measure once. */
export async function inTurns(kinds, { rounds, full }) {
  const end = performance.now() + (full ? FULL_BUDGET_MS : BUDGET_MS);
  const samples = Object.fromEntries(Object.keys(kinds).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    if (round > 1 && performance.now() > end) break;
    for (const [name, measure] of Object.entries(kinds)) {
      const measured = await measure();
      if (round > 0) samples[name].push(measured);
    }
  }
  return samples;
}
