/**
 * A worker that has started asks for a sweep, until Restate has taken it: it may be up before it is registered (M3).
 */
import type { Clock } from '../domain/ports.js';
import type { Ingress } from './ingress.js';
import { ALL, SWEEPS } from './names.js';

const LIMIT_MS = 5_000;
const RETRY_MS = 2_000;

/** @returns gives it up */
export function askForSweep(ingress: Ingress, clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>): () => void {
  let isClosed = false;
  let timer: unknown;

  async function ask(): Promise<void> {
    try {
      await ingress.call(SWEEPS, ALL, 'begin', null, LIMIT_MS);
    } catch {
      if (!isClosed) timer = clock.setTimeout(() => void ask(), RETRY_MS);
    }
  }

  void ask();
  return () => {
    isClosed = true;
    clock.clearTimeout(timer);
  };
}
