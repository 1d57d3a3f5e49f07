/**
 * What the broker tells of its orders, asked or unasked.
 *
 * 1. Reports go out after the change is complete, in the order of the changes; a listener may call the broker.
 * 2. While the connection is cut nothing goes out; when it is back a gap is reported, for something may have been missed.
 */
import { type Observable, Subject } from 'rxjs';
import type { Clock, OrderReport } from '../../../domain/ports.js';
import { isoTime } from '../../../domain/time.js';
import { type PaperOrder, reportOf } from './paper-order.js';
import type { ScriptStore } from './script-store.js';

type PushedReport = OrderReport | { readonly type: 'gap' };

export interface Reporter {
  readonly reports$: Observable<PushedReport>;
  /** The report on an order; `undefined` while a script hides it. */
  report(order: PaperOrder): OrderReport | undefined;
  /** Tells of a change once the running transaction is over. */
  changed(order: PaperOrder): void;
  /** Runs a change of the books. May be nested. */
  transact<T>(change: () => T): T;
  setConnected(connected: boolean): void;
  complete(): void;
}

export function createReporter(clock: Clock, scripts: ScriptStore): Reporter {
  const subject = new Subject<PushedReport>();
  const outbox: PushedReport[] = [];
  let depth = 0;
  let connected = true;

  function report(order: PaperOrder): OrderReport | undefined {
    const bound = scripts.bound(order.clientOrderId);
    const ageMs = clock.monotonic() - (bound?.arrivedAtMs ?? 0);
    const { visibleAfterMs = 0, hidePriceForMs = 0 } = bound?.script ?? {};
    if (bound !== undefined && ageMs < visibleAfterMs) return undefined;
    const priceIsHidden = bound !== undefined && (hidePriceForMs === 'always' || ageMs < hidePriceForMs);
    return reportOf(order, isoTime(clock.now()), !priceIsHidden);
  }

  function send(): void {
    depth += 1;
    for (let next = outbox.shift(); next !== undefined; next = outbox.shift()) subject.next(next);
    depth -= 1;
  }

  return {
    reports$: subject.asObservable(),
    report,
    changed(order) {
      const news = scripts.bound(order.clientOrderId)?.script.push === false ? undefined : report(order);
      if (connected && news !== undefined) outbox.push(news);
    },
    transact(change) {
      depth += 1;
      try {
        return change();
      } finally {
        depth -= 1;
        if (depth === 0) send();
      }
    },
    setConnected(isConnected) {
      if (isConnected && !connected) outbox.push({ type: 'gap' });
      connected = isConnected;
      if (depth === 0) send();
    },
    complete: () => subject.complete(),
  };
}
