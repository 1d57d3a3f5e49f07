/**
 * Positions that could not be compared while the end of an exit was in doubt (M3, B7).
 *
 * 1. A symbol that a sweep has left, and one whose position did not fit while its exits' chart asked for it, is compared
 *    once that chart has decided, whatever it has decided: what it finds explains its own exits and nothing else.
 * 2. While an execution trades in the symbol it is left alone, and looked at again shortly; what never comes to rest within
 *    the time is said, and left to the next sweep.
 */
import { filter, take } from 'rxjs';
import type { Clock } from '../domain/ports.js';
import type { EndedPosition, Protections } from './protections.js';

interface ComparingLater {
  readonly clock: Clock;
  readonly protections: Pick<Protections, 'exits$' | 'watched' | 'unclear$'>;
  /** Whether an execution trades in the symbol now. */
  readonly isBusy: (symbol: string) => boolean;
  /** Compares the symbol; resolves with what could not be asked. */
  readonly compare: (symbol: string) => Promise<readonly string[]>;
  readonly onFailure: (symbol: string, failures: readonly string[]) => void;
}

const RETRY_MS = 5_000;
const MOST_TRIES = 24;

/** Whether the exits' chart of a position in the symbol is asking whether it is still there. */
export const isInDoubt = ({ watched }: { readonly watched: () => readonly EndedPosition[] }, symbol: string): boolean =>
  watched().some(({ context, state }) => state === 'doubting' && context.symbol === symbol);

export function compareLater({ clock, protections, isBusy, compare, onFailure }: ComparingLater): void {
  const waiting = new Set<string>();
  const timers = new Set<unknown>();
  let isClosed = false;

  function later(symbol: string, tries: number): void {
    const timer = clock.setTimeout(() => {
      timers.delete(timer);
      void tryNow(symbol, tries);
    }, RETRY_MS);
    timers.add(timer);
  }

  async function tryNow(symbol: string, tries: number): Promise<void> {
    if (isClosed) return;
    if (isInDoubt(protections, symbol)) return wait(symbol);
    const failures = isBusy(symbol) ? ['an execution trades in it'] : await compare(symbol);
    if (failures.length === 0) return void waiting.delete(symbol);
    if (isClosed) return;
    if (tries < MOST_TRIES) return later(symbol, tries + 1);
    waiting.delete(symbol);
    onFailure(symbol, failures);
  }

  function wait(symbol: string): void {
    const isDecided = filter(() => !isInDoubt(protections, symbol));
    protections.exits$.pipe(isDecided, take(1)).subscribe(() => void tryNow(symbol, 1));
  }

  protections.unclear$.subscribe({
    next(symbol) {
      if (waiting.has(symbol)) return;
      waiting.add(symbol);
      wait(symbol);
    },
    complete() {
      isClosed = true;
      for (const timer of timers) clock.clearTimeout(timer);
    },
  });
}
