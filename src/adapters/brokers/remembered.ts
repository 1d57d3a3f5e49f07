/** Answers kept for a while; calls under way are not shared, for each has its own deadline. */
import type { Clock } from '../../domain/ports.js';

export function remembered<Value>(clock: Clock, freshMs: number) {
  const known = new Map<string, { readonly until: number; readonly value: Value }>();
  return async (name: string, load: () => Promise<Value>): Promise<Value> => {
    const found = known.get(name);
    if (found !== undefined && clock.monotonic() < found.until) return found.value;
    const value = await load();
    known.set(name, { until: clock.monotonic() + freshMs, value });
    return value;
  };
}
