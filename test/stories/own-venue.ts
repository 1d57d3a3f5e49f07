/**
 * A venue of a user's own, written against the public port alone: orders with fills, exits with a life, one net position a
 * symbol, pushes. What happens at it is said by the story.
 */
import type {
  BrokerAdapter,
  EngineOptions,
  Execution,
  ExecutionResult,
  OpenOrder,
  OrderReport,
  OrderRequest,
  PositionReport,
  ProtectionRequest,
  SnapshotInput,
} from 'fillchart';
import { createEngine } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import { virtualClock } from 'fillchart/testing';
import { Subject } from 'rxjs';
import { advisory } from './support.js';

interface OwnFill {
  readonly id: string;
  readonly quantity: number;
  readonly price: number;
}

interface OwnOrder {
  readonly id: string;
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly quantity: number;
  readonly price?: number;
  readonly entry?: string;
  state: string;
  fills: OwnFill[];
  amended?: Pick<OrderReport, 'price' | 'quantity'>;
}

const OPEN = ['submitted', 'partially_filled', 'working'];
const round = (value: number): number => Math.round(value * 1e8) / 1e8;

export class OwnVenue {
  readonly #orders = new Map<string, OwnOrder>();
  readonly #positions = new Map<string, number>();
  readonly #pushes = new Subject<OrderReport>();
  readonly calls: { readonly method: string; readonly argument: unknown }[] = [];
  readonly adapter: BrokerAdapter;
  /** Nothing is pushed while it is set: the engine has only its polls. */
  isSilent = false;
  /** Nobody is connected: what is pushed is told at the next connect, as a session resends what was missed. */
  isAlone = false;
  /** The next order is taken, and its answer does not come. */
  losesAnswer = false;
  #missed: OrderReport[] = [];
  #last = 0;

  constructor() {
    const called = (method: string, argument: unknown) => this.calls.push({ method, argument });
    this.adapter = {
      name: 'own',
      capabilities: {
        push: true,
        batchStatus: false,
        lookupByClientId: true,
        nativeOco: true,
        positions: 'netting',
        fractional: true,
        minPollMs: 0,
      },
      connect: async () => {
        this.isAlone = false;
        for (const report of this.#missed.splice(0)) this.#pushes.next(report);
      },
      instrument: async (symbol) => ({ symbol, tickSize: '0.01', lotSize: '1' }),
      submitOrder: async (order) => {
        called('submitOrder', order);
        const brokerOrderId = this.#take(order);
        if (!this.losesAnswer) return { kind: 'accepted', brokerOrderId };
        this.losesAnswer = false;
        throw new Error('socket hang up');
      },
      getOrderStatus: async ({ clientOrderId }) => {
        called('getOrderStatus', clientOrderId);
        return this.report(clientOrderId) ?? 'not_found';
      },
      getOpenOrders: async () => this.#open(),
      cancelOrder: async ({ clientOrderId }) => {
        called('cancelOrder', clientOrderId);
        this.end(clientOrderId, 'cancelled');
        return 'requested';
      },
      placeProtection: async (request) => {
        called('placeProtection', request);
        return this.#place(request);
      },
      getPositions: async (symbols) => {
        called('getPositions', symbols);
        return this.#held(symbols);
      },
      reports$: this.#pushes,
    };
  }

  #take({ clientOrderId, symbol, side, quantity }: OrderRequest): string {
    this.#orders.set(clientOrderId, {
      id: clientOrderId,
      symbol,
      side,
      quantity: Number(quantity),
      state: 'submitted',
      fills: [],
    });
    return `V-${clientOrderId}`;
  }

  #place({ clientOrderId, symbol, side, quantity, stopLoss, takeProfit }: ProtectionRequest) {
    const leg = (end: string, price: string) => {
      const id = `${clientOrderId}-${end}`;
      const order = { id, symbol, side, quantity: Number(quantity), price: Number(price), entry: clientOrderId };
      this.#orders.set(id, { ...order, state: 'working', fills: [] });
      return { kind: 'accepted', brokerOrderId: `V-${id}` } as const;
    };
    return { stopLoss: leg('sl', stopLoss), takeProfit: leg('tp', takeProfit) };
  }

  #open(): OpenOrder[] {
    const open = [...this.#orders.values()].filter(({ state }) => OPEN.includes(state));
    return open.flatMap(({ id, symbol }) => {
      const report = this.report(id);
      return report === undefined ? [] : [{ ...report, symbol }];
    });
  }

  #held(symbols: readonly string[]): PositionReport[] {
    const wanted = [...this.#positions].filter(([symbol, size]) => size !== 0 && isAmong(symbols, symbol));
    return wanted.map(([symbol, size]) => ({ symbol, size: String(size), protections: this.#pairs(symbol) }));
  }

  #pairs(symbol: string) {
    const working = [...this.#orders.values()].filter((order) => order.symbol === symbol && order.state === 'working');
    const stops = working.filter(({ id }) => id.endsWith('-sl'));
    return stops.map(({ entry = '', price, quantity }) => {
      const target = working.find(({ id }) => id === `${entry}-tp`)?.price;
      const takeProfit = target === undefined ? {} : { takeProfit: String(target) };
      return { clientOrderId: entry, quantity: String(quantity), stopLoss: String(price), ...takeProfit };
    });
  }

  #order(id: string): OwnOrder {
    const order = this.#orders.get(id);
    if (order === undefined) throw new Error(`the venue knows no order ${id}`);
    return order;
  }

  #move({ symbol, side }: OwnOrder, quantity: number): void {
    const by = side === 'buy' ? quantity : -quantity;
    this.#positions.set(symbol, round((this.#positions.get(symbol) ?? 0) + by));
  }

  /** Bought or sold by somebody else. */
  trade(symbol: string, quantity: number): void {
    this.#positions.set(symbol, round((this.#positions.get(symbol) ?? 0) + quantity));
  }

  report(id: string, more: Partial<OrderReport> = {}): OrderReport | undefined {
    const order = this.#orders.get(id);
    if (order === undefined) return undefined;
    const { state, fills, amended } = order;
    const filled = round(fills.reduce((sum, { quantity }) => sum + quantity, 0));
    const worth = fills.reduce((sum, { quantity, price }) => sum + quantity * price, 0);
    return {
      clientOrderId: id,
      brokerOrderId: `V-${id}`,
      state,
      quantity: String(order.quantity),
      filledSize: String(filled),
      ...(filled > 0 && { fillPrice: String(round(worth / filled)) }),
      fills: fills.map((fill) => ({ id: fill.id, quantity: String(fill.quantity), price: String(fill.price) })),
      ...amended,
      ...more,
    };
  }

  #tell(id: string, more: Partial<OrderReport> = {}): void {
    const report = this.report(id, more);
    if (report === undefined || this.isSilent) return;
    if (this.isAlone) this.#missed.push(report);
    else this.#pushes.next(report);
  }

  /** Fills so much; returns the id of the fill. */
  fill(id: string, quantity: number, price: number): string {
    const order = this.#order(id);
    this.#last += 1;
    const fill = { id: `fill-${this.#last}`, quantity, price };
    order.fills = [...order.fills, fill];
    this.#move(order, quantity);
    const isWhole = order.fills.reduce((sum, each) => sum + each.quantity, 0) >= order.quantity;
    order.state = isWhole ? 'filled' : 'partially_filled';
    if (isWhole && order.entry !== undefined)
      this.end(`${order.entry}-${id.endsWith('-sl') ? 'tp' : 'sl'}`, 'cancelled');
    this.#tell(id);
    return fill.id;
  }

  /** Takes a fill back; the order is then in `state`. */
  bust(id: string, fillId: string, state = 'cancelled'): void {
    const order = this.#order(id);
    for (const fill of order.fills.filter((each) => each.id === fillId)) this.#move(order, -fill.quantity);
    order.fills = order.fills.filter((each) => each.id !== fillId);
    order.state = state;
    this.#tell(id, { correction: { kind: 'bust', fillId } });
  }

  /** Changes the price of a fill. */
  correct(id: string, fillId: string, price: number): void {
    const order = this.#order(id);
    order.fills = order.fills.map((fill) => (fill.id === fillId ? { ...fill, price } : fill));
    this.#tell(id, { correction: { kind: 'correct', fillId } });
  }

  /** Somebody changes it at the venue; it is told with the next report. */
  amend(id: string, amended: Pick<OrderReport, 'price' | 'quantity'>): void {
    this.#order(id).amended = amended;
  }

  end(id: string, state: string): void {
    const order = this.#order(id);
    if (!OPEN.includes(order.state)) return;
    order.state = state;
    this.#tell(id);
  }

  /** The latest report once more, as it is now or as it was. */
  tellAgain(id: string, more: Partial<OrderReport> = {}): void {
    this.#tell(id, more);
  }
}

const isAmong = (symbols: readonly string[], symbol: string): boolean =>
  symbols.length === 0 || symbols.includes(symbol);

/** An engine at a venue of one's own. */
export async function atOwnVenue(options: Partial<EngineOptions> = {}) {
  const clock = virtualClock();
  const venue = new OwnVenue();
  const journal = memoryJournal();
  const parts = { broker: venue.adapter, clock, journal, logger: false, ...options } as const;
  const engine = await clock.runUntil(createEngine(parts));
  let now = engine;
  const idOf = (advisoryId: string): string => engine.execution(advisoryId)?.clientOrderId ?? '';
  const start = async (advisoryId: string, differs: Partial<SnapshotInput> = {}): Promise<Execution> => {
    const execution = engine.start(advisory(advisoryId, differs));
    await clock.advance(500);
    return execution;
  };
  /** Bought 100 at 151 unless it says otherwise: SL 147.98, TP 155.53. */
  async function held(advisoryId: string, differs: Partial<SnapshotInput> = {}): Promise<ExecutionResult> {
    const execution = await start(advisoryId, differs);
    venue.fill(execution.clientOrderId, Number(differs.positionSize ?? 100), 151);
    return clock.runUntil(execution.result);
  }
  const cases = (): string[] => engine.cases.open().map(({ kind, advisoryId }) => `${kind} ${advisoryId ?? '-'}`);
  const casesNow = (): string[] => now.cases.open().map(({ kind, advisoryId }) => `${kind} ${advisoryId ?? '-'}`);
  /** The process ends, and a second later another goes on. */
  async function restart(meanwhile: () => void = () => undefined): Promise<void> {
    await clock.runUntil(now.close());
    venue.isAlone = true;
    meanwhile();
    await clock.advance(1_000);
    now = await clock.runUntil(createEngine(parts));
  }
  const found = (): string[] => engine.cases.open().flatMap((one) => one.mismatches.map(({ message }) => message));
  return { clock, venue, engine, idOf, start, held, cases, casesNow, found, restart, engineNow: () => now };
}
