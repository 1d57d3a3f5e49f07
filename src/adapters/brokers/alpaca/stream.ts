/**
 * Trade updates: orders as Alpaca pushes them.
 *
 * 1. After each (re)connect, once Alpaca confirms that it listens, a gap is told: what happened meanwhile is not replayed.
 * 2. While the stream is down, gaps are told at intervals: the orders are then polled faster than the slow polls beside
 *    a working stream, the more slowly the more orders are asked for.
 * 3. A fill that Alpaca takes back (`trade_bust`) or changes (`trade_correct`) is told as such (P8); the order that comes with
 *    it says what stands now. No query shows it as more than a smaller number.
 * 4. Nothing that comes over the stream is believed beyond being a report: the engine applies it by its cumulative size.
 */
import { type Observable, Subject } from 'rxjs';
import type { OrderReport } from '../../../domain/ports.js';
import type { LegNames } from './leg-names.js';
import type { AlpacaSettings } from './options.js';
import type { AlpacaSdk } from './sdk.js';
import { isJson, updatesOf } from './wire-order.js';

interface TradeUpdates {
  readonly reports$: Observable<OrderReport | { readonly type: 'gap' }>;
  readonly isUp: boolean;
  /** Connects, and waits until Alpaca listens, `waitMs` at most. Never fails: polls go on without it. */
  start(sdk: AlpacaSdk, waitMs: number): Promise<void>;
  close(): void;
}

/** Wait between two gaps while the stream is down, for one order; half as long again for each further one. */
const DOWN_GAP_MS = 1_000;
const MOST_RECONNECT_MS = 5_000;

export function tradeUpdates(settings: AlpacaSettings, legs: LegNames, ordersAskedFor: () => number): TradeUpdates {
  const { clock } = settings;
  const reports$ = new Subject<OrderReport | { readonly type: 'gap' }>();
  let stream: InstanceType<AlpacaSdk['streaming']['TradingStream']> | undefined;
  let isUp = false;
  let isClosed = false;
  let downTimer: unknown;
  let onUp: (() => void) | undefined;

  const gap = (): void => reports$.next({ type: 'gap' });

  function up(): void {
    isUp = true;
    clock.clearTimeout(downTimer);
    downTimer = undefined;
    onUp?.();
    gap();
  }

  function down(): void {
    if (isClosed) return;
    if (isUp) settings.warn('The trade-updates stream of Alpaca is down: orders are polled until it is back.');
    isUp = false;
    downTimer ??= clock.setTimeout(askAround, DOWN_GAP_MS * Math.max(1, ordersAskedFor() / 2));
  }

  function askAround(): void {
    downTimer = undefined;
    if (isUp || isClosed) return;
    if (ordersAskedFor() > 0) gap();
    down();
  }

  function push(update: unknown): void {
    if (!isJson(update)) return;
    const order = update['order'];
    legs.learn(order);
    const named = isJson(order) ? legs.nameOf(order) : undefined;
    for (const { symbol: _, ...report } of updatesOf(update, named)) reports$.next(report);
  }

  function open({ streaming }: AlpacaSdk): void {
    const { keyId, secretKey: secret, streamUrl: url, reconnectMs } = settings;
    const opened = new streaming.TradingStream({
      credentials: { keyId, secret },
      url,
      maxReconnectAttempts: streaming.UNLIMITED_RECONNECT_ATTEMPTS,
      initialReconnectMs: reconnectMs,
      maxReconnectMs: Math.max(reconnectMs, MOST_RECONNECT_MS),
      verbose: false,
    });
    // The confirmation of `listen`, not the sign-in: updates before it are not ours to see.
    opened.on(streaming.EVENT.SUBSCRIPTION, up);
    opened.on(streaming.EVENT.TRADE_UPDATE, push);
    opened.on(streaming.STATE.DISCONNECTED, down);
    opened.subscribeTradeUpdates();
    stream = opened;
    opened.connect();
  }

  return {
    reports$: reports$.asObservable(),
    get isUp() {
      return isUp;
    },
    async start(sdk, waitMs) {
      if (isClosed || isUp) return;
      if (stream === undefined) open(sdk);
      await new Promise<void>((resolve) => {
        const timer = clock.setTimeout(() => {
          settings.warn('The trade-updates stream of Alpaca is not up yet: orders are polled until it is.');
          down();
          resolve();
        }, waitMs);
        onUp = () => {
          clock.clearTimeout(timer);
          resolve();
        };
      });
      onUp = undefined;
    },
    close() {
      isClosed = true;
      clock.clearTimeout(downTimer);
      onUp?.();
      stream?.disconnect();
      stream = undefined;
    },
  };
}
