/**
 * The stream of orders of one account: ccxt's class that streams, beside the one that signs.
 *
 * A stream that cannot be had costs nothing but polls, and is told to the operator once.
 */
import { Agent } from 'node:http';
import type { Connection } from './connection.js';
import { type CcxtLibrary, loadStreamingClass, setUp } from './library.js';
import { type OrderStream, orderStream } from './order-stream.js';
import { orderStatus } from './orders.js';
import { namesOf } from './pushed-names.js';

interface OrderPushes extends Pick<OrderStream, 'reports$' | 'tell' | 'isUp'> {
  /** Begins to open it; nobody waits for it. */
  start(library: CcxtLibrary): void;
  stop(): Promise<void>;
}

export function orderPushes(connection: Connection): OrderPushes {
  const { settings, wire } = connection;
  const { exchange, warn } = settings;
  let streaming: CcxtLibrary | undefined;
  let own: { isOver: boolean } | undefined;
  const stream = orderStream({
    clock: settings.clock,
    namesOf: (pushed) => namesOf(connection, pushed),
    async look(clientOrderId, symbol, signal) {
      const found = await orderStatus(connection, { clientOrderId, symbol }, signal, 'look');
      return found === 'not_found' ? undefined : found;
    },
    onDown(error) {
      const words = error instanceof Error ? wire.redact(error.message).slice(0, 200) : 'no reason';
      warn(`${exchange} pushes no orders now (${words}); they are polled until it does.`);
    },
  });
  async function open(library: CcxtLibrary, begun: { readonly isOver: boolean }): Promise<void> {
    try {
      const opened = await openStream(connection, library);
      const { watchOrders } = opened;
      if (begun.isOver) return;
      if (watchOrders === undefined) throw new Error('no stream of orders');
      streaming = opened;
      stream.start(() => watchOrders.call(opened));
    } catch {
      warn(`${exchange}: orders are polled; the library's stream of them cannot be opened.`);
    }
  }

  return {
    reports$: stream.reports$,
    tell: stream.tell,
    isUp: stream.isUp,
    start(library) {
      if (own !== undefined) return;
      const begun = { isOver: false };
      own = begun;
      void open(library, begun);
    },
    async stop() {
      if (own !== undefined) own.isOver = true;
      own = undefined;
      stream.stop();
      const closing = streaming?.close?.();
      streaming = undefined;
      await closing?.catch(() => undefined);
    },
  };
}

/** ccxt's class that streams, with the markets that are known. */
async function openStream({ settings, wire }: Connection, library: CcxtLibrary): Promise<CcxtLibrary> {
  const never = new AbortController().signal;
  const opened = setUp(
    await loadStreamingClass(settings.exchange),
    settings,
    (url, init) => wire.carry(never, url, init),
    () => wire.time.now(),
  );
  // The kind of account is known: it need not be asked for.
  Object.assign(opened.options, {
    defaultType: settings.market === 'linear' ? 'swap' : 'spot',
    enableUnifiedMargin: false,
    enableUnifiedAccount: true,
  });
  // ccxt wants an agent of its own for a stream that is not encrypted, as on this machine.
  if (settings.baseUrl?.startsWith('http:')) opened.httpAgent = new Agent();
  // One rising number for both: Kraken takes none twice.
  opened.nonce = library.nonce;
  opened.setMarkets(Object.values(library.markets ?? {}));
  return opened;
}
