/**
 * Whether a broker answers, from the calls that are made anyway, and a question of our own when it is quiet.
 *
 * 1. Lost is a broker that has answered nothing since `lostAfterMs`, and has failed to at least twice.
 * 2. A refusal is an answer.
 */
import { callBroker } from '../../actors/calls.js';
import type { BrokerAdapter, Clock } from '../../domain/ports.js';
import type { BrokerCall } from '../../telemetry/observed-broker.js';

export interface BrokerHealth {
  readonly connected: boolean;
  /** Why it is not. */
  readonly problem: string | undefined;
  /** How long its latest answer took, in ms; absent before the first. */
  readonly latencyMs: number | undefined;
  saw(call: BrokerCall): void;
  /** Begins to ask when nothing else does. */
  watch(broker: BrokerAdapter): void;
  stop(): void;
}

interface BrokerHealthOptions {
  readonly clock: Clock;
  /** Time without a call after which the broker is asked, in ms. */
  readonly probeMs: number;
  /** Time without an answer after which it is lost, in ms. */
  readonly lostAfterMs: number;
  /** Called when it is lost, and when it is back. */
  readonly onChange: (connected: boolean, problem: string | undefined) => void;
}

const PROBE_DEADLINE_MS = 5_000;
const LEAST_FAILURES = 2;

export function brokerHealth({ clock, probeMs, lostAfterMs, onChange }: BrokerHealthOptions): BrokerHealth {
  let connected = false;
  let problem: string | undefined = 'the broker has not answered yet';
  let latencyMs: number | undefined;
  let failures = 0;
  let answeredAt = clock.monotonic();
  let calledAt = clock.monotonic();
  let timer: unknown;
  let isStopped = false;

  function become(next: boolean, why: string | undefined): void {
    const isNews = next !== connected;
    connected = next;
    problem = why;
    if (isNews) onChange(next, why);
  }

  function saw({ method, outcome, answered, durationMs, cause }: BrokerCall): void {
    calledAt = clock.monotonic();
    if (answered) {
      failures = 0;
      answeredAt = calledAt;
      latencyMs = durationMs;
      become(true, undefined);
      return;
    }
    failures += 1;
    const silentMs = calledAt - answeredAt;
    const isLost = method === 'connect' || (failures >= LEAST_FAILURES && silentMs >= lostAfterMs);
    const why = cause === undefined ? '' : `: ${cause}`;
    if (connected && isLost)
      become(false, `the broker has not answered for ${Math.round(silentMs)} ms (${method}: ${outcome}${why})`);
    else if (!connected)
      problem = `the broker does not answer (${method}: ${outcome} after ${Math.round(durationMs)} ms${why})`;
  }

  /** Never `connect`: an adapter comes back by itself, and the engine connects it. */
  const probe = (broker: BrokerAdapter): Promise<unknown> =>
    callBroker(clock, PROBE_DEADLINE_MS, (signal) =>
      broker.describe === undefined ? broker.getPositions([], signal) : broker.describe(signal),
    );

  function watch(broker: BrokerAdapter): void {
    if (isStopped) return;
    const waitMs = connected ? probeMs : Math.min(probeMs, lostAfterMs);
    timer = clock.setTimeout(() => {
      const isQuiet = clock.monotonic() - calledAt >= waitMs;
      void (isQuiet ? probe(broker) : Promise.resolve()).then(() => watch(broker));
    }, waitMs);
  }

  function begin(broker: BrokerAdapter): void {
    // An adapter without `connect` has not been asked anything yet.
    if (broker.connect === undefined) void probe(broker);
    watch(broker);
  }

  return {
    get connected() {
      return connected;
    },
    get problem() {
      return problem;
    },
    get latencyMs() {
      return latencyMs;
    },
    saw,
    watch: begin,
    stop() {
      isStopped = true;
      clock.clearTimeout(timer);
    },
  };
}
