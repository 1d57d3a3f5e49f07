/**
 * The messages that we send, in the field names of either version's dictionary.
 *
 * 1. Prices and quantities stay the decimal strings they are, down to the wire: no number in between.
 * 2. FIX 4.4 keeps instrument and quantity in components, FIX 4.2 in the message itself.
 */
import type { Side } from '../../../domain/ports.js';
import type { KnownOrder, OutgoingOrder } from './known-order.js';
import type { FixSettings } from './settings.js';

/** A message body by field names, as jspurefix encodes it. */
export type Body = Readonly<Record<string, unknown>>;

/** What must be said of an order to ask for it, or to cancel it. */
export interface OrderNames {
  readonly clientOrderId: string;
  readonly orderId: string | undefined;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: string | undefined;
  readonly isExit: boolean;
}

const SIDES: Readonly<Record<Side, string>> = { buy: '1', sell: '2' };
const SELL_SHORT = '5';
const MARKET = '1';
const LIMIT = '2';
const STOP = '3';
const DAY = '0';
const GOOD_TILL_CANCEL = '1';
/** Automated execution, no intervention of a broker. */
const AUTOMATED = '1';
const CLOSE = 'C';
/** BidType, and ListExecInstType. */
const NO_BIDDING = 3;
const IMMEDIATE = '1';
const SNAPSHOT = '0';
const TOP_OF_BOOK = 1;
/** MassStatusReqType: all orders. */
const ALL_ORDERS = 7;

/** NewOrderSingle (35=D). */
export function newOrderSingle(settings: FixSettings, order: OutgoingOrder): Body {
  const { version, exits, clock } = settings;
  const { stopPrice, limitPrice, exitOf } = order;
  const isExit = exitOf !== undefined;
  const closing = version === 'FIX.4.4' ? { PositionEffect: CLOSE } : { OpenClose: CLOSE };
  return {
    ClOrdID: order.clientOrderId,
    ...account(settings),
    HandlInst: AUTOMATED,
    ...instrument(settings, order.symbol),
    Side: sideOf(settings, order.side, isExit),
    TransactTime: new Date(clock.now()),
    ...quantity(settings, order.quantity),
    OrdType: stopPrice !== undefined ? STOP : limitPrice !== undefined ? LIMIT : MARKET,
    ...(limitPrice !== undefined && { Price: limitPrice }),
    ...(stopPrice !== undefined && { StopPx: stopPrice }),
    TimeInForce: isExit ? (exits.timeInForce === 'gtc' ? GOOD_TILL_CANCEL : DAY) : settings.entryTimeInForce,
    ...(isExit && exits.oco === 'broker' && { ClOrdLinkID: exitOf }),
    ...(isExit && exits.closeOnly && closing),
  };
}

/** OrderStatusRequest (35=H). */
export const orderStatusRequest = (settings: FixSettings, order: OrderNames, requestId: string): Body => ({
  ClOrdID: order.clientOrderId,
  ...(order.orderId !== undefined && { OrderID: order.orderId }),
  ...(settings.version === 'FIX.4.4' && { OrdStatusReqID: requestId }),
  ...account(settings),
  ...instrument(settings, order.symbol),
  Side: sideOf(settings, order.side, order.isExit),
});

/** OrderCancelRequest (35=F), under an id of its own. */
export const orderCancelRequest = (settings: FixSettings, order: OrderNames, cancelId: string): Body => ({
  OrigClOrdID: order.clientOrderId,
  ...(order.orderId !== undefined && { OrderID: order.orderId }),
  ClOrdID: cancelId,
  ...account(settings),
  ...instrument(settings, order.symbol),
  Side: sideOf(settings, order.side, order.isExit),
  TransactTime: new Date(settings.clock.now()),
  ...(order.quantity !== undefined && quantity(settings, order.quantity)),
});

/** OrderCancelReplaceRequest (35=G): an exit for another quantity, what has filled of it included, and else as it was. */
export const orderReplaceRequest = (
  settings: FixSettings,
  { order, name, orderId }: KnownOrder,
  replacementId: string,
  quantity: string,
): Body => ({
  ...newOrderSingle(settings, { ...order, clientOrderId: replacementId, quantity }),
  OrigClOrdID: name,
  ...(orderId !== undefined && { OrderID: orderId }),
});

/** NewOrderList (35=E): two exits of which one cancels the other; ContingencyType (1385) is added with the fields. */
export function newOrderList(settings: FixSettings, listId: string, orders: readonly OutgoingOrder[]): Body {
  const entries = orders.map((order, index) => ({ ...newOrderSingle(settings, order), ListSeqNo: index + 1 }));
  const group = { NoOrders: entries };
  return {
    ListID: listId,
    BidType: NO_BIDDING,
    ListExecInstType: IMMEDIATE,
    TotNoOrders: entries.length,
    ...(settings.version === 'FIX.4.4' ? { ListOrdGrp: group } : group),
  };
}

/** MarketDataRequest (35=V): a snapshot of the best bid and offer. */
export function marketDataRequest(settings: FixSettings, requestId: string, symbol: string): Body {
  const types = { NoMDEntryTypes: [{ MDEntryType: '0' }, { MDEntryType: '1' }] };
  const symbols = { NoRelatedSym: [instrument(settings, symbol)] };
  return {
    MDReqID: requestId,
    SubscriptionRequestType: SNAPSHOT,
    MarketDepth: TOP_OF_BOOK,
    ...(settings.version === 'FIX.4.4' ? { MDReqGrp: types, InstrmtMDReqGrp: symbols } : { ...types, ...symbols }),
  };
}

/** A fill that was told, and is refused. */
interface RefusedFill {
  readonly orderId: string;
  readonly execId: string;
  /** DKReason (127). */
  readonly reason: string;
  readonly symbol: string;
  readonly side: string;
  readonly quantity: string;
  readonly lastQty: string | undefined;
  readonly lastPx: string | undefined;
  readonly text: string;
}

/** DontKnowTrade (35=Q). */
export const dontKnowTrade = (settings: FixSettings, fill: RefusedFill): Body => ({
  OrderID: fill.orderId,
  ExecID: fill.execId,
  DKReason: fill.reason,
  ...instrument(settings, fill.symbol),
  Side: fill.side,
  ...quantity(settings, fill.quantity),
  ...(fill.lastQty !== undefined && { [settings.version === 'FIX.4.4' ? 'LastQty' : 'LastShares']: fill.lastQty }),
  ...(fill.lastPx !== undefined && { LastPx: fill.lastPx }),
  Text: fill.text,
});

/** OrderMassStatusRequest (35=AF): all orders of the account, or of the session where none is configured. */
export const orderMassStatusRequest = (settings: FixSettings, requestId: string): Body => ({
  MassStatusReqID: requestId,
  MassStatusReqType: ALL_ORDERS,
  ...account(settings),
});

/** RequestForPositions (35=AN): all positions of the account, today. */
export function requestForPositions(settings: FixSettings, requestId: string): Body {
  const now = new Date(settings.clock.now());
  const { account: held = '', accountType = '1', partyId = '' } = settings.positions ?? {};
  return {
    PosReqID: requestId,
    PosReqType: 0,
    Parties: { NoPartyIDs: [{ PartyID: partyId, PartyIDSource: 'D', PartyRole: 24 }] },
    Account: held,
    AccountType: Number(accountType),
    ClearingBusinessDate: now.toISOString().slice(0, 10).replaceAll('-', ''),
    TransactTime: now,
  };
}

/** An entry that sells opens a short position, which some venues must be told. */
const sideOf = ({ sellShort }: FixSettings, side: Side, isExit: boolean): string =>
  sellShort && side === 'sell' && !isExit ? SELL_SHORT : SIDES[side];

const account = ({ account: Account }: FixSettings): Body => (Account === undefined ? {} : { Account });

const instrument = ({ version }: FixSettings, symbol: string): Body =>
  version === 'FIX.4.4' ? { Instrument: { Symbol: symbol } } : { Symbol: symbol };

const quantity = ({ version }: FixSettings, OrderQty: string): Body =>
  version === 'FIX.4.4' ? { OrderQtyData: { OrderQty } } : { OrderQty };
