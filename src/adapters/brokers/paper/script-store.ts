/**
 * Which script an order has, how often each of its calls was tried, and what that makes of the next try.
 *
 * 1. A script is bound to an order when it first arrives, and stays: `clientOrderId` before symbol.
 * 2. Times of a script count from the latest arrival before the order was taken; afterwards they stand.
 */
import type { Clock, OrderRequest } from '../../../domain/ports.js';
import type { EachTry, PaperScript, PaperScripts, QueryScript } from './paper-script.js';
import { readPaperScript } from './read-script.js';

type TriedCall = 'submit' | 'cancel' | 'protection';

interface BoundScript {
  readonly script: PaperScript;
  readonly arrivedAtMs: number;
}

export interface ScriptStore {
  /** Binds the script of an order that has just arrived. */
  arrive(order: OrderRequest): PaperScript;
  bound(clientOrderId: string): BoundScript | undefined;
  /** The script of an order that need not have arrived here. */
  lookUp(key: Pick<OrderRequest, 'clientOrderId' | 'symbol'>): PaperScript;
  /** The script keyed by the symbol itself. */
  ofSymbol(symbol: string): PaperScript;
  /** The script of the latest order that arrived in the symbol. */
  latest(symbol: string): (BoundScript & { readonly clientOrderId: string }) | undefined;
  /** What this try is to come to: the n-th entry for the n-th try, the last one ever after. */
  nextTry<T extends string | object>(
    clientOrderId: string,
    call: TriedCall,
    steps: EachTry<T> | undefined,
  ): T | undefined;
  /** What becomes of a query now, for a script that began at `sinceMs`. */
  fateOf(query: QueryScript | undefined, sinceMs: number): 'answer' | 'fail' | 'hang';
}

const NO_SCRIPT: PaperScript = Object.freeze({});

export function createScriptStore(scripts: PaperScripts, clock: Clock): ScriptStore {
  const byOrder = new Map<string, BoundScript>();
  const latestOrder = new Map<string, string>();
  const tries = new Map<string, number>();

  const keyed = (key: string): PaperScript | undefined =>
    typeof scripts === 'function' || !Object.hasOwn(scripts, key) ? undefined : scripts[key];

  function find(order: OrderRequest): PaperScript {
    if (typeof scripts !== 'function') return keyed(order.clientOrderId) ?? keyed(order.symbol) ?? NO_SCRIPT;
    const found = scripts(order);
    return found === undefined ? NO_SCRIPT : readPaperScript(found, `script of ${order.clientOrderId}`);
  }

  return {
    arrive(order) {
      const script = byOrder.get(order.clientOrderId)?.script ?? find(order);
      byOrder.set(order.clientOrderId, { script, arrivedAtMs: clock.monotonic() });
      latestOrder.set(order.symbol, order.clientOrderId);
      return script;
    },
    bound: (clientOrderId) => byOrder.get(clientOrderId),
    lookUp: ({ clientOrderId, symbol }) =>
      byOrder.get(clientOrderId)?.script ?? keyed(clientOrderId) ?? keyed(symbol) ?? NO_SCRIPT,
    ofSymbol: (symbol) => keyed(symbol) ?? NO_SCRIPT,
    latest(symbol) {
      const clientOrderId = latestOrder.get(symbol);
      const bound = clientOrderId === undefined ? undefined : byOrder.get(clientOrderId);
      return clientOrderId === undefined || bound === undefined ? undefined : { ...bound, clientOrderId };
    },
    nextTry<T extends string | object>(
      clientOrderId: string,
      call: TriedCall,
      steps: EachTry<T> | undefined,
    ): T | undefined {
      const key = `${call}:${clientOrderId}`;
      const count = tries.get(key) ?? 0;
      tries.set(key, count + 1);
      if (!isList(steps)) return steps;
      return steps[Math.min(count, steps.length - 1)];
    },
    fateOf(query, sinceMs) {
      if (typeof query !== 'object') return query ?? 'answer';
      return clock.monotonic() - sinceMs < query.failForMs ? 'fail' : 'answer';
    },
  };
}

const isList = <T>(steps: EachTry<T> | undefined): steps is readonly T[] => Array.isArray(steps);
