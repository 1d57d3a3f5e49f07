/**
 * Lets so many in at once, and the others in the order in which they came.
 *
 * 1. Who goes in leaves by the function that was handed out; leaving twice is leaving once.
 * 2. Who gives up while waiting is passed over.
 */
export interface Turnstile {
  /** Resolves when there is room, with the way out. Rejects with the signal's reason. */
  enter(signal?: AbortSignal): Promise<() => void>;
}

export function turnstile(places: number): Turnstile {
  let inside = 0;
  const waiting = new Set<() => void>();

  function wayOut(): () => void {
    inside += 1;
    let isInside = true;
    return () => {
      if (!isInside) return;
      isInside = false;
      inside -= 1;
      const [next] = waiting;
      if (next === undefined) return;
      waiting.delete(next);
      next();
    };
  }

  return {
    enter(signal) {
      if (signal?.aborted === true) return Promise.reject(signal.reason);
      if (inside < places) return Promise.resolve(wayOut());
      return new Promise((resolve, reject) => {
        const goIn = (): void => {
          signal?.removeEventListener('abort', giveUp);
          resolve(wayOut());
        };
        const giveUp = (): void => {
          waiting.delete(goIn);
          reject(signal?.reason);
        };
        waiting.add(goIn);
        signal?.addEventListener('abort', giveUp, { once: true });
      });
    },
  };
}
