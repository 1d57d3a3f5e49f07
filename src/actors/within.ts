/** Waiting that has an end. */
import type { Clock } from '../domain/ports.js';

/** The promise's value, or `otherwise` when it takes longer. */
export function within<T>(
  clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>,
  ms: number,
  promise: Promise<T>,
  otherwise: T,
): Promise<T> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(() => resolve(otherwise), ms);
    void promise.then((value) => {
      clock.clearTimeout(timer);
      resolve(value);
    });
  });
}
