/** What every call of the adapter needs: the exchange, the wire to it, its markets and our names there. */
import type { AccountReader } from './account.js';
import type { ClientIds } from './client-ids.js';
import type { Dialect, Market, OrderName } from './dialect.js';
import type { LearnedOrders } from './learned-orders.js';
import type { LiveOrders } from './live-orders.js';
import type { Markets } from './markets.js';
import type { CcxtSettings } from './options.js';
import type { RecentOrders } from './recent-orders.js';
import type { Wire } from './wire.js';

export interface Connection {
  readonly settings: CcxtSettings;
  readonly dialect: Dialect;
  readonly wire: Wire;
  readonly ids: ClientIds;
  readonly live: LiveOrders;
  readonly learned: LearnedOrders;
  readonly accounts: AccountReader;
  readonly recent: RecentOrders;
  /** @throws {Error} when not connected */
  markets(): Markets;
}

/** @throws {Error} when not connected, or for a symbol that the exchange does not have */
export function marketOf(connection: Pick<Connection, 'markets' | 'settings'>, symbol: string): Market {
  const market = connection.markets().find(symbol);
  if (market === undefined) throw new Error(`${connection.settings.exchange}: there is no market ${symbol}`);
  return market;
}

/** The exchange's names for an order of ours, which may be an exit. */
export function nameAtVenue(
  { ids }: Pick<Connection, 'ids'>,
  clientOrderId: string,
  brokerOrderId?: string,
): OrderName {
  const kind = clientOrderId.endsWith('-sl') ? 'sl' : clientOrderId.endsWith('-tp') ? 'tp' : 'entry';
  const entry = kind === 'entry' ? clientOrderId : clientOrderId.slice(0, -3);
  return {
    kind,
    name: ids.toVenue(clientOrderId),
    pair: ids.toVenue(`${entry}-oco`),
    ...(brokerOrderId !== undefined && { brokerOrderId }),
  };
}

/** The exit that an id names: the entry's id and the leg. */
export function exitOf(clientOrderId: string): { readonly entry: string; readonly leg: 'sl' | 'tp' } | undefined {
  const [, entry, leg] = /^(.+)-(sl|tp)$/.exec(clientOrderId) ?? [];
  return entry === undefined ? undefined : { entry, leg: leg === 'sl' ? 'sl' : 'tp' };
}
