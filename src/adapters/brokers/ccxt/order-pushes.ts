/**
 * The stream of orders of one account: ccxt's class that streams, beside the one that signs.
 *
 * A stream that cannot be had costs nothing but polls, and is told to the operator once.
 */
import { Agent } from 'node:http';
import type { Desk } from './desk.js';
import { type CcxtLibrary, loadStreamingClass, setUp } from './library.js';
import { type OrderStream, orderStream } from './order-stream.js';
import { orderStatus } from './orders.js';
import { namesOf } from './pushed-names.js';

export interface OrderPushes extends Pick<OrderStream, 'reports$' | 'tell' | 'isUp'> {
  start(library: CcxtLibrary): Promise<void>;
  stop(): Promise<void>;
}

export function orderPushes(desk: Desk): OrderPushes {
  const { settings, wire } = desk;
  const { exchange, warn } = settings;
  let streaming: CcxtLibrary | undefined;
  const stream = orderStream({
    clock: settings.clock,
    namesOf: (pushed) => namesOf(desk, pushed),
    async look(clientOrderId, symbol, signal) {
      const found = await orderStatus(desk, { clientOrderId, symbol }, signal, 'look');
      return found === 'not_found' ? undefined : found;
    },
    onDown(error) {
      const words = error instanceof Error ? wire.redact(error.message).slice(0, 200) : 'no reason';
      warn(`${exchange} pushes no orders now (${words}); they are polled until it does.`);
    },
  });
  return {
    reports$: stream.reports$,
    tell: stream.tell,
    isUp: stream.isUp,
    async start(library) {
      if (streaming !== undefined) return;
      try {
        streaming = await openStream(desk, library, stream);
      } catch {
        warn(`${exchange}: orders are polled; the library has no stream of them.`);
      }
    },
    async stop() {
      stream.stop();
      const closing = streaming?.close?.();
      streaming = undefined;
      await closing?.catch(() => undefined);
    },
  };
}

/** @throws {Error} when the library does not stream orders of the exchange */
async function openStream({ settings, wire }: Desk, library: CcxtLibrary, stream: OrderStream): Promise<CcxtLibrary> {
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
  opened.setMarkets(Object.values(library.markets ?? {}));
  const { watchOrders } = opened;
  if (watchOrders === undefined) throw new Error(`${settings.exchange}: no stream of orders`);
  stream.start(() => watchOrders.call(opened));
  return opened;
}
