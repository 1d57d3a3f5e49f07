/**
 * The venue model in Alpaca's dress: its requests, refusals and updates. The rules of orders, exits and the account are the
 * model's; it knows nothing of HTTP.
 *
 * 1. A pair is one parent, the limit order, and its leg, the stop, held until it is needed.
 * 2. An order that is no market order rests for ever: the simulator has no book.
 */
import { add, type Decimal, decimal, multiply, negate, parseDecimal, subtract, ZERO } from '../../domain/decimal.js';
import type { Clock } from '../../domain/ports.js';
import { venues } from '../venue/profiles.js';
import { Venue } from '../venue/venue.js';
import type { VenueOptions } from '../venue/venue-options.js';
import { isOver, type VenueEvent, type VenueOrder } from '../venue/venue-order.js';
import type { OrderPlan } from '../venue/venue-plan.js';
import type { PlannedOrder } from '../venue/venue-requests.js';
import { Refused } from '../venue/venue-rules.js';
import { type AlpacaRefusal, dialectRefusal, refused, type Wanted, wordsFor } from './order-checks.js';
import { isLeg, PRICE_TAGS, type SimulatedOrder, statusOf, TAGS } from './order-json.js';
import type { AlpacaAsset, AlpacaScript } from './simulator-options.js';

/** The fill that an update is about: of its own event, or an earlier one that is taken back or changed. */
export interface ToldFill {
  readonly executionId: string;
  /** The event of the fill that this one takes back or changes. */
  readonly previousId?: string;
  readonly quantity: Decimal;
  readonly price: Decimal;
}

interface AlpacaVenueOptions {
  readonly clock: Clock;
  readonly assets: readonly AlpacaAsset[];
  readonly quotes: Readonly<Record<string, string>>;
  readonly buyingPower: string;
  readonly equity: string;
  /** Day trades of the last five days. */
  readonly dayTrades: number;
  readonly isOpen: boolean;
  /** Told of everything that happens to an order. */
  readonly onUpdate: (event: string, order: SimulatedOrder, told?: ToldFill) => void;
}

export type SimulatedVenue = ReturnType<typeof simulatedVenue>;

const ANY_PRICE = '100';
const MONEY = 'USD';
/** FINRA's rule for pattern day traders. */
const DAY_TRADE_EQUITY = '25000';
const MOST_DAY_TRADES = 3;

/** What the stream calls an event; the rest it does not tell. */
const EVENTS: Readonly<Partial<Record<VenueEvent['kind'], string>>> = {
  pending_cancel: 'pending_cancel',
  cancelled: 'canceled',
  expired: 'expired',
  rejected: 'rejected',
};

const CORRECTIONS: Readonly<Partial<Record<VenueEvent['kind'], string>>> = {
  trade_cancel: 'trade_bust',
  trade_correct: 'trade_correct',
};

/** What becomes of an order by its script. */
function planOf({ fills, cancel, cancelMs, ends }: AlpacaScript, market: Decimal): OrderPlan {
  return {
    ...(fills !== undefined && {
      fills: fills.map(({ at, quantity, price = market }) => ({ atMs: at, quantity, price })),
      overfills: true,
    }),
    ...(cancel !== undefined && { cancel }),
    ...(cancelMs !== undefined && { cancelAfterMs: cancelMs }),
    ...(ends !== undefined && {
      ends: {
        atMs: ends.at,
        as: ends.as === 'canceled' ? 'cancelled' : ends.as,
        ...(ends.reason !== undefined && { reason: ends.reason }),
      },
    }),
    restPrice: market,
  };
}

function newVenue(options: AlpacaVenueOptions, plan: VenueOptions['plan']): Venue {
  const { clock, assets, quotes, buyingPower, equity, dayTrades } = options;
  const venue = new Venue({
    clock,
    profile: {
      ...venues.alpaca.profile,
      dayTrades: { equity, least: DAY_TRADE_EQUITY, made: dayTrades, most: MOST_DAY_TRADES },
    },
    instruments: assets.map(({ symbol, tradable = true, shortable = true }) => ({
      symbol,
      isTradable: tradable,
      isShortable: shortable,
    })),
    prices: Object.fromEntries(assets.map(({ symbol }) => [symbol, quotes[symbol] ?? ANY_PRICE])),
    balances: { [MONEY]: buyingPower },
    ...(plan !== undefined && { plan }),
  });
  venue.setOpen(options.isOpen);
  return venue;
}

/** Ids of what is no order: Alpaca makes one up for a leg, and for every update. */
function idMaker(): () => string {
  let last = 0;
  return () => {
    last += 1;
    return `0f1c2a3b-0001-4000-8000-${last.toString(16).padStart(12, '0')}`;
  };
}

export function simulatedVenue(options: AlpacaVenueOptions) {
  const assets = new Map(options.assets.map((asset) => [asset.symbol, asset]));
  const waitingScripts: AlpacaScript[] = [];
  const scripts = new Map<string, AlpacaScript>();
  const lost = new Set<'stopLoss' | 'takeProfit'>();
  const nextId = idMaker();
  const venue = newVenue(options, planFor);
  venue.listen(tell);

  const quote = (symbol: string): Decimal => venue.last(symbol) ?? decimal(ANY_PRICE);

  /** Only what was scripted, and a market order, is filled. A leg that is to go missing leaves the other one. */
  function planFor({ clientOrderId, symbol }: PlannedOrder): OrderPlan {
    const script = scripts.get(clientOrderId);
    return script === undefined ? { leavesSibling: lost.size > 0 } : planOf(script, quote(symbol));
  }

  const viewOf = (model: VenueOrder): SimulatedOrder => ({
    model,
    script: scripts.get(model.clientOrderId) ?? {},
    timeAt: (monotonic) => venue.timeAt(monotonic),
    legs: isLeg(model) || model.listId === undefined ? [] : legsOf(model).map(viewOf),
  });

  const legsOf = ({ symbol, listId }: VenueOrder): readonly VenueOrder[] =>
    venue.ordersOf(symbol).filter((one) => one.listId === listId && isLeg(one));

  function tell({ kind, order, fill, executionId }: VenueEvent): void {
    if (kind === 'trade' && fill !== undefined) {
      const word = order.state === 'filled' ? 'fill' : 'partial_fill';
      options.onUpdate(word, viewOf(order), { executionId: fill.id, quantity: fill.quantity, price: fill.price });
      return;
    }
    const corrected = CORRECTIONS[kind];
    if (corrected !== undefined && fill !== undefined) {
      const { id: previousId, quantity, price } = fill;
      options.onUpdate(corrected, viewOf(order), { executionId, previousId, quantity, price });
      return;
    }
    const word = EVENTS[kind];
    if (word !== undefined) options.onUpdate(word, viewOf(order));
  }

  function submit(wanted: Wanted): SimulatedOrder | AlpacaRefusal {
    if (find(wanted.clientOrderId) !== undefined) return wordsFor(new Refused('duplicate'), wanted);
    const held = venue.position(wanted.symbol);
    const asset = assets.get(wanted.symbol);
    const refusal = dialectRefusal(wanted, { asset, held, market: quote(wanted.symbol) });
    if (refusal !== undefined) return refusal;
    try {
      const order = wanted.orderClass === 'oco' ? pair(wanted) : single(wanted);
      options.onUpdate('new', viewOf(order));
      return viewOf(order);
    } catch (error) {
      if (error instanceof Refused) return wordsFor(error, wanted);
      throw error;
    }
  }

  const tagsOf = ({ type, timeInForce, orderClass, limitPrice, stopPrice }: Wanted): Record<string, string> => ({
    [TAGS.type]: type,
    [TAGS.timeInForce]: timeInForce,
    [TAGS.orderClass]: orderClass,
    ...(limitPrice !== undefined && { [PRICE_TAGS.limit]: limitPrice }),
    ...(stopPrice !== undefined && { [PRICE_TAGS.stop]: stopPrice }),
  });

  function single(wanted: Wanted): VenueOrder {
    const { clientOrderId, symbol, side, quantity, type } = wanted;
    const script = type === 'market' ? waitingScripts[0] : { fills: [] };
    scripts.set(clientOrderId, script ?? {});
    const order = venue.enter({ clientOrderId, symbol, side, quantity, tags: tagsOf(wanted) });
    // A refused order takes no script with it.
    if (type === 'market') waitingScripts.shift();
    return order;
  }

  function pair(wanted: Wanted): VenueOrder {
    const { clientOrderId, symbol, side, quantity, limitPrice = '', stopPrice = '' } = wanted;
    const { [PRICE_TAGS.limit]: limit = '', [PRICE_TAGS.stop]: stop = '', ...tags } = tagsOf(wanted);
    const [parent] = venue.placeExits({
      ...{ symbol, side, quantity },
      legs: [
        { clientOrderId, type: 'limit', price: limitPrice, tags: { ...tags, [PRICE_TAGS.limit]: limit } },
        {
          ...{ clientOrderId: nextId(), type: 'stop', price: stopPrice },
          tags: { ...tags, [TAGS.type]: 'stop', [PRICE_TAGS.stop]: stop },
        },
      ],
    });
    if (parent === undefined) throw new Refused('least_quantity');
    return parent;
  }

  function afterAnswer({ model, legs }: SimulatedOrder): void {
    // What goes missing does so once the answer is written: it looked sound.
    if (lost.has('stopLoss')) for (const leg of legs) venue.end(leg.model.id, 'cancelled');
    if (lost.has('takeProfit') && legs.length > 0) venue.end(model.id, 'cancelled');
  }

  function cancel(order: SimulatedOrder): AlpacaRefusal | undefined {
    if (isOver(order.model) || order.model.isCancelAsked) {
      return refused(422, 42210000, `order is already in "${statusOf(order)}" state`);
    }
    venue.cancel({ id: order.model.id });
    return undefined;
  }

  function find(name: string): SimulatedOrder | undefined {
    const model = venue.find({ id: name, isHidden: true }) ?? venue.find({ clientOrderId: name, isHidden: true });
    return model && viewOf(model);
  }

  return {
    assets,
    get orders(): readonly SimulatedOrder[] {
      return venue.orders.map(viewOf);
    },
    find,
    quote,
    position: (symbol: string): Decimal => venue.position(symbol),
    entryPrice: (symbol: string): Decimal => venue.entryPrice(symbol) ?? quote(symbol),
    /** Symbols that are held. */
    get symbols(): readonly string[] {
      return venue.symbols.filter((symbol) => venue.position(symbol) !== ZERO);
    },
    get buyingPower(): Decimal {
      const free = venue.free(MONEY);
      return free.startsWith('-') ? ZERO : free;
    },
    submit,
    afterAnswer,
    cancel,
    fill: (order: SimulatedOrder, quantity: string, price: string) => venue.fill(order.model.id, { quantity, price }),
    correct({ model }: SimulatedOrder, price?: string): void {
      // Its latest fill is taken back, or is at another price from now on; the order is over with what stands.
      const fill = model.fills.findLast(({ status }) => status !== 'busted')?.id ?? '';
      const change = price === undefined ? { kind: 'bust' as const } : { kind: 'correct' as const, price };
      venue.correct(model.id, { ...change, fill, afterwards: 'closed' });
    },
    end: (order: SimulatedOrder, as: 'canceled' | 'expired' | 'rejected', reason?: string) =>
      venue.end(order.model.id, as === 'canceled' ? 'cancelled' : as, reason),
    nextId,
    script: (script: AlpacaScript) => waitingScripts.push(script),
    setQuote: (symbol: string, price: string) => venue.quote(symbol, price),
    /** As if it had been traded at the quote. */
    setPosition(symbol: string, size: string) {
      const moved = subtract(parseDecimal(size) ?? ZERO, venue.position(symbol));
      venue.setPosition(symbol, size);
      venue.setBalance(MONEY, add(venue.balance(MONEY), negate(multiply(moved, quote(symbol)))));
    },
    loseExit: (leg: 'stopLoss' | 'takeProfit') => lost.add(leg),
    get isOpen() {
      return venue.isOpen;
    },
    setOpen: (isOpen: boolean) => venue.setOpen(isOpen),
  };
}
