/**
 * The line between the engine and the broker: latency, abort signals, cuts.
 *
 * 1. A request arrives half the latency after the call, the answer half the latency after that.
 * 2. Before the request has left, a cut proves that nothing was sent. Afterwards it proves nothing: what is on the wire
 *    still arrives, and only its answer is lost.
 * 3. A call ends once, and leaves no listener behind, nor a timer but that of a request on the wire.
 */
import type { Answer } from './answer.js';
import { drawMs, type Seed, type Spread } from './random.js';
import type { Timers } from './timers.js';

interface Call<T> {
  readonly method: string;
  readonly signal: AbortSignal;
  /** At the broker. */
  work(): Answer<T>;
  /** What the caller learns from a cut; may throw. `sent` tells whether the request had left. */
  cut(sent: boolean, cause: string): T;
}

export interface Link {
  call<T>(call: Call<T>): Promise<T>;
  setConnected(connected: boolean): void;
  /** Ends all calls as a cut would; every later one finds no connection. */
  close(): void;
}

const WIRE = 'wire';

type CutCall = (cause: string) => void;

export function createLink(timers: Timers, latencyMs: Spread, seed: Seed): Link {
  const inFlight = new Set<CutCall>();
  const counts = new Map<string, number>();
  let lastCall = 0;
  let state: 'connected' | 'cut' | 'closed' = 'connected';

  function drawLatency(method: string): number {
    const count = counts.get(method) ?? 0;
    counts.set(method, count + 1);
    return drawMs(latencyMs, seed, ['latency', method, count]);
  }

  function cutAll(cause: string): void {
    for (const cut of [...inFlight]) cut(cause);
  }

  function send<T>(call: Call<T>): Promise<T> {
    lastCall += 1;
    const owner = `answer ${lastCall}`;
    const halfMs = drawLatency(call.method) / 2;
    if (state !== 'connected') return lost(call, false, `the connection is ${state}`);
    if (call.signal.aborted) return lost(call, false, 'aborted before it was sent');
    return new Promise<T>((resolve) => {
      const flight = takeOff(call, inFlight, () => timers.clear(owner), resolve);
      timers.after(WIRE, halfMs, () => {
        const said = workSafely(call);
        if (said.kind === 'hang') flight.ignoreAbort();
        else if (flight.isUnderWay()) timers.after(owner, halfMs + delayOf(said), () => flight.land(said));
      });
    });
  }

  return {
    call: send,
    setConnected(connected) {
      if (state === 'closed') return;
      state = connected ? 'connected' : 'cut';
      if (!connected) cutAll('the connection was cut');
    },
    close() {
      state = 'closed';
      cutAll('the connection was closed');
    },
  };
}

type Said<T> = Exclude<Answer<T>, { kind: 'hang' }>;

interface Flight<T> {
  land(said: Said<T>): void;
  ignoreAbort(): void;
  /** False once the caller was told of a cut: nobody waits for the answer then. */
  isUnderWay(): boolean;
}

function takeOff<T>(
  call: Call<T>,
  inFlight: Set<CutCall>,
  onEnd: () => void,
  resolve: (value: Promise<T>) => void,
): Flight<T> {
  function end(outcome: () => Promise<T>): void {
    if (!inFlight.delete(cut)) return;
    call.signal.removeEventListener('abort', onAbort);
    onEnd();
    resolve(outcome());
  }
  const cut: CutCall = (cause) => end(() => lost(call, true, cause));
  const onAbort = () => cut('aborted by the caller');
  inFlight.add(cut);
  call.signal.addEventListener('abort', onAbort, { once: true });
  return {
    land: (said) =>
      end(() =>
        said.kind === 'error'
          ? Promise.reject(new Error(`paper broker: ${said.message}`))
          : Promise.resolve(said.value),
      ),
    ignoreAbort: () => call.signal.removeEventListener('abort', onAbort),
    isUnderWay: () => inFlight.has(cut),
  };
}

const delayOf = (said: Said<unknown>): number => (said.kind === 'answer' ? (said.afterMs ?? 0) : 0);

async function lost<T>(call: Call<T>, sent: boolean, cause: string): Promise<T> {
  return call.cut(sent, `paper broker: ${cause}`);
}

function workSafely<T>(call: Call<T>): Answer<T> {
  try {
    return call.work();
  } catch (error) {
    return { kind: 'error', message: error instanceof Error ? error.message : String(error) };
  }
}
