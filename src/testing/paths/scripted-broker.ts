/**
 * The paths' front: a held line, on which each call stays open until it is answered from outside, one by one. A path's facts
 * say what the broker answers; there is no venue behind it.
 *
 * 1. Every call is listed with its time. A poll is told `not_found`, which proves nothing: reports come by push. The order
 *    query of a reconciliation, which goes out together with that of the position, stays open like any other call.
 * 2. Positions of every symbol (what the sweep asks for) cannot be had: the sweep then judges nothing.
 */
import { Subject } from 'rxjs';
import type { BrokerAdapter, OrderReport, SubmitOutcome } from '../../domain/ports.js';
import type { BrokerCall, BrokerMethod } from '../fault-broker.js';
import { heldLine } from '../venue/venue-line.js';
import type { VirtualClock } from '../virtual-clock.js';

export interface ScriptedBroker {
  /** The port, for one engine; `end` leaves every call of that engine open for ever. */
  face(): { readonly adapter: BrokerAdapter; readonly end: () => void };
  readonly calls: readonly BrokerCall[];
  /** Answers the last open call of the method; throws when there is none. */
  answer(method: BrokerMethod, value: unknown): void;
  fail(method: BrokerMethod, cause: string): void;
  push(report: unknown): void;
  /** The next submit call blocks the process for so long before it returns. */
  blockNextSubmit(ms: number): void;
}

export function scriptedBroker(clock: Pick<VirtualClock, 'monotonic' | 'moveTo'>): ScriptedBroker {
  const calls: BrokerCall[] = [];
  const line = heldLine<BrokerMethod>();
  let blocksMs = 0;
  let pushed = new Subject<OrderReport>();

  function call<T>(method: BrokerMethod, argument: unknown, clientOrderId?: string): Promise<T> {
    calls.push({ method, at: clock.monotonic(), argument, ...(clientOrderId !== undefined && { clientOrderId }) });
    return line.call(method);
  }

  return {
    calls,
    answer: line.answer,
    fail: line.fail,
    blockNextSubmit: (ms) => {
      blocksMs = ms;
    },
    push: (report) => pushed.next(report as OrderReport),
    face() {
      line.cut();
      const reports$ = new Subject<OrderReport>();
      pushed = reports$;
      const adapter: BrokerAdapter = {
        name: 'scripted',
        capabilities: {
          push: true,
          batchStatus: false,
          lookupByClientId: true,
          nativeOco: true,
          positions: 'netting',
          fractional: true,
          minPollMs: 0,
        },
        reports$,
        instrument: (symbol) => call('instrument', symbol),
        submitOrder(order) {
          const answer = call<SubmitOutcome>('submitOrder', order, order.clientOrderId);
          if (blocksMs > 0) clock.moveTo(clock.monotonic() + blocksMs);
          blocksMs = 0;
          return answer;
        },
        getOrderStatus(ref) {
          const answer = call<OrderReport | 'not_found'>('getOrderStatus', ref, ref.clientOrderId);
          line.answerUnlessFollowed('not_found');
          return answer;
        },
        cancelOrder: (ref) => call('cancelOrder', ref, ref.clientOrderId),
        placeProtection: (request) => call('placeProtection', request, request.clientOrderId),
        getPositions: (symbols) =>
          symbols.length === 0 ? Promise.reject(new Error('not for every symbol')) : call('getPositions', symbols),
      };
      const end = () => {
        line.cut();
        reports$.complete();
      };
      return { adapter, end };
    },
  };
}
