/**
 * Replays price frames on the clock.
 *
 * 1. The first prices are there at once, so that there is a market from the start.
 * 2. Frame `n` begins `n × stepMs` after the start, whatever the timers did before: lateness does not add up.
 * 3. One timer at a time, and none after the last price.
 */
import type { Clock } from '../../../domain/ports.js';
import type { PriceFrame, SymbolQuote } from './price-file.js';
import type { PriceReplaySettings } from './settings.js';
import type { Timers } from './timers.js';

const OWNER = 'price-replay';

interface TimedStep {
  readonly offsetMs: number;
  readonly quotes: readonly SymbolQuote[];
}

export function startPriceReplay(
  { frames, stepMs, loop }: PriceReplaySettings,
  clock: Clock,
  timers: Timers,
  apply: (quotes: readonly SymbolQuote[]) => void,
): void {
  const steps = timedSteps(frames, stepMs);
  const startedAt = clock.monotonic();
  const roundMs = frames.length * stepMs;

  function play(position: number): void {
    const step = steps[position % steps.length];
    if (step === undefined) return;
    apply(step.quotes);
    const next = position + 1;
    const following = steps[next % steps.length];
    if (following === undefined || (!loop && next >= steps.length)) return;
    const dueMs = Math.floor(next / steps.length) * roundMs + following.offsetMs;
    // At least 1 ms, so that a clock that jumped ahead is caught up with in turns and not in one deep call.
    timers.after(OWNER, Math.max(1, dueMs - (clock.monotonic() - startedAt)), () => play(next));
  }

  play(0);
}

function timedSteps(frames: readonly PriceFrame[], stepMs: number): readonly TimedStep[] {
  return frames.flatMap(({ steps }, frame) =>
    steps.map((quotes, index) => ({ offsetMs: stepMs * (frame + index / steps.length), quotes })),
  );
}
