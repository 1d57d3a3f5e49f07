/**
 * A broker whose calls are counted: what each came to, and how long it took.
 *
 * 1. The adapter behind it is called exactly as the engine calls it, and its answers are passed on as they are.
 * 2. What is observed is told in the turn in which the answer is there; an observer that throws changes nothing.
 */
import type { BrokerAdapter, Clock } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';

type BrokerMethod =
  | 'connect'
  | 'instrument'
  | 'submitOrder'
  | 'getOrderStatus'
  | 'getOrderStatuses'
  | 'getOpenOrders'
  | 'cancelOrder'
  | 'placeProtection'
  | 'getPositions'
  | 'checkMargin'
  | 'checkProtection'
  | 'quote'
  | 'describe';

const METHODS: readonly string[] = Object.keys({
  connect: true,
  instrument: true,
  submitOrder: true,
  getOrderStatus: true,
  getOrderStatuses: true,
  getOpenOrders: true,
  cancelOrder: true,
  placeProtection: true,
  getPositions: true,
  checkMargin: true,
  checkProtection: true,
  quote: true,
  describe: true,
} satisfies Record<BrokerMethod, true>);

/** One call that is over. */
export interface BrokerCall {
  readonly method: BrokerMethod;
  /** `ok`, `threw`, or the kind that the adapter told: `accepted`, `rejected`, `not_sent`, `duplicate`, `unknown`, … */
  readonly outcome: string;
  /** Whether the broker answered at all: a refusal is an answer. */
  readonly answered: boolean;
  readonly durationMs: number;
  /** What it threw, in words. */
  readonly cause?: string;
}

export function observedBroker(
  broker: BrokerAdapter,
  clock: Pick<Clock, 'monotonic'>,
  onCall: (call: BrokerCall) => void,
): BrokerAdapter {
  const wrapped = new Map<string, { readonly of: unknown; readonly call: unknown }>();

  function tell(call: BrokerCall): void {
    try {
      onCall(call);
    } catch {
      // Whoever looks on does not change what he looks at.
    }
  }

  function observed(method: BrokerMethod, work: (...given: unknown[]) => unknown) {
    return async (...given: unknown[]): Promise<unknown> => {
      const startedAt = clock.monotonic();
      const over = (outcome: string, answered: boolean, cause?: string): void => {
        const durationMs = clock.monotonic() - startedAt;
        tell({ method, outcome, answered, durationMs, ...(cause !== undefined && { cause }) });
      };
      try {
        const answer = await work.apply(broker, given);
        const outcome = outcomeOf(answer);
        over(outcome, outcome !== 'unknown' && outcome !== 'not_sent');
        return answer;
      } catch (error) {
        over('threw', false, causeOf(error));
        throw error;
      }
    };
  }

  return new Proxy(broker, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function' || typeof name !== 'string') return value;
      const known = wrapped.get(name);
      if (known?.of === value) return known.call;
      const work = value as (...given: unknown[]) => unknown;
      const call = METHODS.includes(name) ? observed(name as BrokerMethod, work) : work.bind(target);
      wrapped.set(name, { of: value, call });
      return call;
    },
  });
}

/** The word that an answer goes by: its kind, a word of its own, or `ok`. Of an exit pair, the worse of its legs. */
function outcomeOf(answer: unknown): string {
  if (typeof answer === 'string') return answer;
  if (typeof answer !== 'object' || answer === null) return 'ok';
  const { kind, stopLoss, takeProfit } = answer as Record<string, unknown>;
  if (typeof kind === 'string') return kind;
  const legs = [stopLoss, takeProfit].map(kindOf).filter((leg) => leg !== undefined);
  return legs.find((leg) => leg !== 'accepted' && leg !== 'duplicate') ?? legs[0] ?? 'ok';
}

function kindOf(leg: unknown): string | undefined {
  if (typeof leg !== 'object' || leg === null || !('kind' in leg)) return undefined;
  return typeof leg.kind === 'string' ? leg.kind : undefined;
}
