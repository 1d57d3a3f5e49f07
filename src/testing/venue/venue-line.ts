/**
 * What goes wrong on the line between a client and the venue, for fronts that answer by promises.
 *
 * 1. A fault changes whether a request arrives and what is answered; what the venue makes of a request is the venue's truth.
 * 2. Which call meets which fault is the front's to say: by script, or drawn from a seed.
 */
import type { Clock } from '../../domain/ports.js';

/**
 * `lost`: never arrives, and is never answered. `throw-sync`: never arrives, and the call itself throws. `hang`: done, and
 * never answered. `throw`: done, and the promise rejects. `answer`: done, and answered with any value at all. `returns`:
 * the same, and the call returns the bare value, no promise. `delayMs`: done now, and answered later with how it stands
 * then. `lateMs`: done now, and answered later with how it stood. `arrivesAfterMs`: done later, and answered then.
 */
export type LineFault =
  | 'hang'
  | 'throw'
  | 'lost'
  | 'throw-sync'
  | { readonly answer: unknown }
  | { readonly returns: unknown }
  | { readonly delayMs: number }
  | { readonly lateMs: number }
  | { readonly arrivesAfterMs: number };

/** Carries a call over the line. `act` is what the venue makes of it, and its answer. */
export function carried<T>(
  call: { readonly method: string; readonly clock: Clock },
  fault: LineFault | undefined,
  act: () => T,
): Promise<T> {
  const { method, clock } = call;
  const later = (ms: number, value: () => T): Promise<T> =>
    new Promise((resolve) => clock.setTimeout(() => resolve(value()), ms));
  if (fault === 'throw-sync') throw new Error(`${method} threw at once`);
  if (fault === 'lost') return new Promise(() => undefined);
  if (typeof fault === 'object' && 'arrivesAfterMs' in fault) return later(fault.arrivesAfterMs, act);
  const value = act();
  if (fault === undefined) return Promise.resolve(value);
  if (fault === 'hang') return new Promise(() => undefined);
  if (fault === 'throw') return Promise.reject(new Error(`${method} threw`));
  if ('answer' in fault) return Promise.resolve(fault.answer as T);
  if ('returns' in fault) return fault.returns as Promise<T>;
  return 'lateMs' in fault ? later(fault.lateMs, () => value) : later(fault.delayMs, act);
}

/** A line on which every call stays open until it is answered from outside, one by one. */
interface HeldLine<Method extends string> {
  call<T>(method: Method): Promise<T>;
  /** Answers the last open call of the method; throws when there is none. */
  answer(method: Method, value: unknown): void;
  fail(method: Method, cause: string): void;
  /** Answers the call that was made last, if nothing else has happened since the turn in which it was made. */
  answerUnlessFollowed(value: unknown): void;
  /** Leaves every open call open for ever. */
  cut(): void;
}

interface OpenCall<Method> {
  readonly method: Method;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export function heldLine<Method extends string>(): HeldLine<Method> {
  let open: OpenCall<Method>[] = [];

  function take(method: Method): OpenCall<Method> {
    const found = open.findLast((call) => call.method === method);
    if (found === undefined) throw new Error(`no call of ${method} is open at the broker`);
    open = open.filter((call) => call !== found);
    return found;
  }

  return {
    call<T>(method: Method) {
      return new Promise<T>((resolve, reject) => {
        open.push({ method, resolve: resolve as (value: unknown) => void, reject });
      });
    },
    answer: (method, value) => take(method).resolve(value),
    fail: (method, cause) => take(method).reject(new Error(cause)),
    answerUnlessFollowed(value) {
      const last = open.at(-1);
      queueMicrotask(() => (open.at(-1) === last ? last?.resolve(value) : undefined));
    },
    cut() {
      open = [];
    },
  };
}
