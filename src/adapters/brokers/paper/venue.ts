/**
 * The broker's side of the line: books, entries, exits and prices, put together.
 *
 * 1. A change is complete before anything of it is told.
 * 2. A price that moves first fills the orders that waited for one, then sets off exits.
 */
import type {
  CancelOutcome,
  OpenOrder,
  OrderRef,
  OrderReport,
  OrderRequest,
  PositionReport,
  ProtectionOutcome,
  ProtectionRequest,
  SubmitOutcome,
} from '../../../domain/ports.js';
import { type Answer, answer, HANG } from './answer.js';
import { marginRefusal } from './entry-checks.js';
import { createEntryLife } from './entry-life.js';
import { cancelEntry, type EntryContext, submitEntry } from './entry-orders.js';
import { cancelExits, placeExits, triggerExits } from './exit-orders.js';
import { createOrderStore, type OrderStore } from './order-store.js';
import { isOpen, type PaperOrder } from './paper-order.js';
import { isListed, shownPosition, truePosition } from './position-view.js';
import type { Quote } from './quote.js';
import type { Reporter } from './reporter.js';
import type { ScriptStore } from './script-store.js';
import type { PaperSettings } from './settings.js';
import type { Timers } from './timers.js';

export interface Venue {
  readonly store: OrderStore;
  submit(request: OrderRequest): Answer<SubmitOutcome>;
  cancel(ref: OrderRef): Answer<CancelOutcome>;
  protect(request: ProtectionRequest): Answer<ProtectionOutcome>;
  status(ref: OrderRef): Answer<OrderReport | 'not_found'>;
  statuses(refs: readonly OrderRef[]): Answer<readonly OrderReport[]>;
  openOrders(): Answer<readonly OpenOrder[]>;
  positions(symbols: readonly string[]): Answer<readonly PositionReport[]>;
  margin(order: OrderRequest): Answer<'ok' | { readonly refused: string }>;
  movePrice(symbol: string, quote: Quote): void;
}

interface VenueContext {
  readonly settings: PaperSettings;
  readonly timers: Timers;
  readonly scripts: ScriptStore;
  readonly reporter: Reporter;
  /** Of the next order, for the broker's id. */
  readonly nextNumber: () => number;
}

export function createVenue({ settings, timers, scripts, reporter, nextNumber }: VenueContext): Venue {
  const store = createOrderStore(settings, reporter, nextNumber);
  // Timers change the books too, and then nobody else waits for the end of the change.
  const telling: Timers = { ...timers, after: (owner, ms, fn) => timers.after(owner, ms, () => reporter.transact(fn)) };
  const life = createEntryLife({ store, timers: telling, movePrice });
  const entries: EntryContext = { settings, store, scripts, life };

  function movePrice(symbol: string, quote: Quote): void {
    store.setQuote(symbol, quote);
    life.priceMoved(symbol);
    triggerExits(symbol, store);
  }

  function cancel(ref: OrderRef): Answer<CancelOutcome> {
    const order = store.find(ref);
    if (order === undefined || reporter.report(order) === undefined) return answer('not_found');
    if (!isOpen(order)) return answer('already_closed');
    if (order.type === 'MARKET') return cancelEntry(order, entries);
    const pair = store.pair(order.clientOrderId.slice(0, -'-sl'.length));
    if (pair !== undefined) cancelExits(pair, 'cancelled on request', store);
    return answer('requested');
  }

  return {
    store,
    submit: (request) => reporter.transact(() => submitEntry(request, entries)),
    cancel: (ref) => reporter.transact(() => cancel(ref)),
    protect: (request) => reporter.transact(() => placeExits(request, store, scripts)),
    movePrice: (symbol, quote) => reporter.transact(() => movePrice(symbol, quote)),
    ...createReads(store, { settings, scripts, reporter }),
  };
}

type Reads = Pick<Venue, 'status' | 'statuses' | 'openOrders' | 'positions' | 'margin'>;

function createReads(
  store: OrderStore,
  { settings, scripts, reporter }: Omit<VenueContext, 'timers' | 'nextNumber'>,
): Reads {
  const statusFate = (order: PaperOrder | undefined) => {
    const bound = order === undefined ? undefined : scripts.bound(order.clientOrderId);
    return scripts.fateOf(bound?.script.statusQuery, bound?.arrivedAtMs ?? 0);
  };

  return {
    status(ref) {
      const order = store.find(ref);
      const fate = statusFate(order);
      if (fate === 'hang') return HANG;
      if (fate === 'fail') return { kind: 'error', message: `the query of ${ref.clientOrderId} failed` };
      return answer((order === undefined ? undefined : reporter.report(order)) ?? 'not_found');
    },
    // Of an order that cannot be asked about, a batch says nothing.
    statuses: (refs) =>
      answer(
        refs.flatMap((ref) => {
          const order = store.find(ref);
          return order === undefined || statusFate(order) !== 'answer' ? [] : (reporter.report(order) ?? []);
        }),
      ),
    openOrders: () =>
      answer(
        store.openOrders().flatMap((order) => {
          const report = reporter.report(order);
          return report === undefined ? [] : [{ ...report, symbol: order.symbol }];
        }),
      ),
    positions(symbols) {
      const asked = symbols.length > 0 ? symbols : [...settings.instruments.keys()];
      const shown: PositionReport[] = [];
      for (const symbol of new Set(asked)) {
        const latest = scripts.latest(symbol);
        const fate = scripts.fateOf(latest?.script.positionQuery, latest?.arrivedAtMs ?? 0);
        if (fate === 'hang') return HANG;
        if (fate === 'fail') return { kind: 'error', message: `the query of positions in ${symbol} failed` };
        const report = shownPosition(
          truePosition(symbol, store),
          latest?.script.positionOverride,
          latest?.clientOrderId ?? '',
        );
        if (report !== undefined && isListed(report)) shown.push(report);
      }
      return answer(shown);
    },
    margin(order) {
      const scripted = scripts.lookUp(order).margin;
      if (scripted !== undefined) return answer(scripted);
      const refused = marginRefusal(order, store, settings.buyingPower);
      return answer(refused === undefined ? 'ok' : { refused });
    },
  };
}
