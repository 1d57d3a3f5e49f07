/**
 * A place in the rate budget of the broker, for a whole life, before an execution begins (E4): what waits has no chart and no T.
 *
 * 1. The budget is that of this worker's adapter. What finds no place here for long is tried again, and may find it in another.
 * 2. A kill switch refuses what waits without waiting for a place; so does an adapter that lets nothing in while nothing is in
 *    flight, in its own words.
 */
import { hasCapacity } from '../engine/admission.js';
import { gateOf } from './gate-view.js';
import type { WorkerParts } from './worker-parts.js';

type CapacityParts = Pick<WorkerParts, 'broker' | 'clock' | 'feed' | 'settings' | 'aliases' | 'hosted'>;

/** Below Restate's inactivity timeout. */
const LONGEST_WAIT_MS = 20_000;
const ASK_AGAIN_MS = 250;

/** Resolves once the execution has its place, which it keeps in `hosted`. Rejects when there is none for long. */
export async function placeInBudget(
  parts: CapacityParts,
  { clientOrderId, symbol }: { readonly clientOrderId: string; readonly symbol: string | undefined },
  attemptIsOver: AbortSignal,
): Promise<void> {
  const { broker, clock, hosted } = parts;
  const endsAt = clock.monotonic() + LONGEST_WAIT_MS;
  const isInVain = () => hosted.size === 0 && clock.monotonic() >= endsAt;
  while (!hasCapacity(broker, hosted.size) && !isInVain() && !(await isKilled(parts, symbol))) {
    if (attemptIsOver.aborted || clock.monotonic() >= endsAt)
      throw new Error('the rate budget of the broker carries no further execution; it is tried again');
    await new Promise<void>((resolve) => clock.setTimeout(resolve, ASK_AGAIN_MS));
  }
  hosted.add(clientOrderId);
}

async function isKilled(parts: CapacityParts, symbol: string | undefined): Promise<boolean> {
  const reading = await parts.feed.reading(parts.settings.gateAgeMs, ASK_AGAIN_MS);
  return reading !== undefined && gateOf(parts, reading, symbol).killSwitchState === 'ACTIVE';
}
