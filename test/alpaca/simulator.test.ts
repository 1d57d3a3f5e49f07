/** The simulator, looked at by two clients that were not written for it: Alpaca's own library, and ccxt's. */
import { Alpaca, streaming } from '@alpacahq/alpaca-trade-api';
import { type AlpacaSimulator, type AlpacaSimulatorOptions, alpacaSimulator } from 'fillchart/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually, KEYS } from './support.js';

let simulator: AlpacaSimulator | undefined;
afterEach(async () => {
  await simulator?.close();
  simulator = undefined;
});

async function start(options: AlpacaSimulatorOptions = {}): Promise<AlpacaSimulator> {
  simulator = await alpacaSimulator({ ...KEYS, quotes: { AAPL: '151' }, ...options });
  return simulator;
}

describe('the official library', () => {
  async function client(options: AlpacaSimulatorOptions = {}) {
    const venue = await start(options);
    const { keyId, secretKey: secret } = KEYS;
    const { trading } = await import('@alpacahq/alpaca-trade-api');
    const configuration = new trading.Configuration({ keyId, secret, basePath: venue.url });
    return { venue, trading, orders: new trading.OrdersApi(configuration), configuration };
  }
  const market = { symbol: 'AAPL', qty: '10', side: 'buy', type: 'market', timeInForce: 'day' } as const;

  it('is itself, not a stand-in', () => expect(Alpaca).toBeTypeOf('function'));

  it('reads account, clock, asset, positions', async () => {
    const { trading, configuration, venue } = await client();
    venue.setPosition('AAPL', '-5');
    expect(await new trading.AccountsApi(configuration).getAccount()).toMatchObject({ status: 'ACTIVE' });
    expect(await new trading.ClockApi(configuration).legacyClock()).toMatchObject({ isOpen: true });
    expect(
      await new trading.AssetsApi(configuration).getV2AssetsSymbolOrAssetId({ symbolOrAssetId: 'AAPL' }),
    ).toMatchObject({
      symbol: 'AAPL',
      tradable: true,
    });
    expect(await new trading.PositionsApi(configuration).getAllOpenPositions()).toMatchObject([
      { qty: '-5', side: 'short' },
    ]);
  });

  it('places, fills, finds and protects an order, and hears of it', async () => {
    const { venue, orders } = await client();
    const { keyId, secretKey: secret } = KEYS;
    const stream = new streaming.TradingStream({ credentials: { keyId, secret }, url: venue.streamUrl });
    const events: string[] = [];
    stream.onTradeUpdate(({ event, order }) => events.push(`${event} ${order.clientOrderId} ${order.filledQty}`));
    stream.subscribeTradeUpdates();
    stream.connect();
    await eventually(() => venue.streams.listening === 1);
    await orders.postOrder({ postOrderRequest: { ...market, clientOrderId: 'A-1' } });
    await eventually(() => events.length === 2);
    expect(events).toEqual(['new A-1 0', 'fill A-1 10']);
    expect(await orders.getOrderByClientOrderId({ clientOrderId: 'A-1' })).toMatchObject({
      status: 'filled',
      filledAvgPrice: '151',
      filledQty: '10',
    });
    const pair = await orders.postOrder({
      postOrderRequest: {
        symbol: 'AAPL',
        qty: '10',
        side: 'sell',
        type: 'limit',
        timeInForce: 'gtc',
        orderClass: 'oco',
        takeProfit: { limitPrice: '160' },
        stopLoss: { stopPrice: '140' },
      },
    });
    expect(pair).toMatchObject({ orderClass: 'oco', limitPrice: '160', legs: [{ stopPrice: '140', status: 'held' }] });
    venue.fill(pair.id ?? '', '10', '160');
    expect(await orders.getAllOrders({ status: 'open' })).toEqual([]);
    stream.disconnect();
  });

  it('gets its own kinds of errors', async () => {
    const { orders, venue, trading } = await client();
    const post = (differs: object) => orders.postOrder({ postOrderRequest: { ...market, ...differs } });
    await post({ clientOrderId: 'A-1' });
    await expect(post({ clientOrderId: 'A-1' })).rejects.toThrow('client_order_id must be unique');
    await expect(post({ qty: '1000000' })).rejects.toBeInstanceOf(trading.PermissionError);
    await expect(post({ symbol: 'NOPE' })).rejects.toBeInstanceOf(trading.ValidationError);
    await expect(orders.getOrderByOrderID({ orderId: 'none' })).rejects.toBeInstanceOf(trading.NotFoundError);
    venue.fault({ on: 'orders', answer: { status: 429, code: 42910000, headers: { 'retry-after': '1' } } });
    await expect(orders.getAllOrders({})).rejects.toBeInstanceOf(trading.RateLimitError);
    await expect(
      orders.deleteOrderByOrderID({ orderId: (await orders.getAllOrders({ status: 'all' }))[0]?.id ?? '' }),
    ).rejects.toThrow('filled');
  });

  it('refuses what Alpaca refuses of exits', async () => {
    const { orders, venue } = await client();
    venue.setPosition('AAPL', '10');
    const exit = (limitPrice: string, stopPrice: string, qty = '10') =>
      orders.postOrder({
        postOrderRequest: {
          symbol: 'AAPL',
          qty,
          side: 'sell',
          type: 'limit',
          timeInForce: 'gtc',
          orderClass: 'oco',
          takeProfit: { limitPrice },
          stopLoss: { stopPrice },
        },
      });
    await expect(exit('160.001', '140')).rejects.toThrow('sub-penny');
    await expect(exit('160', '150.995')).rejects.toThrow('sub-penny');
    await expect(exit('160', '151')).rejects.toThrow('base_price - 0.01');
    await expect(exit('160', '140', '9.5')).rejects.toThrow('fractional orders must be simple');
    await exit('160', '140');
    await expect(exit('160', '140')).rejects.toThrow('insufficient qty available');
  });

  it('a closed market takes the order and keeps it until the opening', async () => {
    const { orders, venue } = await client({ isOpen: false });
    await orders.postOrder({ postOrderRequest: { ...market, clientOrderId: 'A-1' } });
    expect(await orders.getOrderByClientOrderId({ clientOrderId: 'A-1' })).toMatchObject({ status: 'accepted' });
    venue.setOpen(true);
    await eventually(() => venue.orders()[0]?.['status'] === 'filled');
  });
});

describe('ccxt', () => {
  async function client() {
    const assets = [{ symbol: 'BTC/USD', class: 'crypto' }, { symbol: 'AAPL' }] as const;
    const venue = await start({ assets, quotes: { 'BTC/USD': '50000' } });
    const { default: ccxt } = await import('ccxt');
    const exchange = new ccxt.alpaca({ apiKey: KEYS.keyId, secret: KEYS.secretKey, enableRateLimit: false });
    exchange.urls['api'] = { broker: venue.url, trader: venue.url, market: venue.url };
    return { venue, exchange, ccxt };
  }

  it('loads markets, buys, finds, cancels', { timeout: 60_000 }, async () => {
    const { venue, exchange, ccxt } = await client();
    await exchange.loadMarkets();
    expect(exchange.symbols).toEqual(['BTC/USD']);
    expect((await exchange.fetchTime()) ?? 0).toBeGreaterThan(0);
    const bought = await exchange.createOrder('BTC/USD', 'market', 'buy', 0.5, undefined, { clientOrderId: 'C-1' });
    await eventually(() => venue.orders()[0]?.['status'] === 'filled');
    expect(await exchange.fetchOrder(String(bought.id))).toMatchObject({
      status: 'closed',
      filled: 0.5,
      average: 50_000,
      clientOrderId: 'C-1',
    });
    venue.script({ fills: [] });
    const waiting = await exchange.createOrder('BTC/USD', 'market', 'buy', 0.1, undefined, { clientOrderId: 'C-2' });
    expect((await exchange.fetchOpenOrders('BTC/USD')).map(({ id }) => id)).toEqual([waiting.id]);
    await exchange.cancelOrder(String(waiting.id));
    await eventually(() => venue.orders()[1]?.['status'] === 'canceled');
    await expect(
      exchange.createOrder('BTC/USD', 'market', 'buy', 0.5, undefined, { clientOrderId: 'C-1' }),
    ).rejects.toThrow('must be unique');
    // A definite refusal, told as trouble of the network: why the adapter looks at status and code, never at error classes.
    await expect(exchange.createOrder('BTC/USD', 'market', 'buy', 500)).rejects.toBeInstanceOf(
      ccxt.ExchangeNotAvailable,
    );
    expect(venue.count('submit', 'C-1')).toBe(2);
    await exchange.close();
  });
});
