/**
 * Answers kept for a while. A call that is under way serves whoever asks meanwhile; where it fails (it may have been given
 * up by whom it was made for), each asks for himself.
 */
import type { Clock } from '../../domain/ports.js';

export function remembered<Value>(clock: Clock, freshMs: number) {
  const known = new Map<string, { readonly until: number; readonly value: Value }>();
  const underWay = new Map<string, Promise<Value>>();

  async function loaded(name: string, load: () => Promise<Value>): Promise<Value> {
    const loading = load();
    underWay.set(name, loading);
    try {
      const value = await loading;
      known.set(name, { until: clock.monotonic() + freshMs, value });
      return value;
    } finally {
      if (underWay.get(name) === loading) underWay.delete(name);
    }
  }

  return async (name: string, load: () => Promise<Value>): Promise<Value> => {
    const found = known.get(name);
    if (found !== undefined && clock.monotonic() < found.until) return found.value;
    const shared = underWay.get(name);
    if (shared === undefined) return loaded(name, load);
    try {
      return await shared;
    } catch {
      return loaded(name, load);
    }
  };
}
