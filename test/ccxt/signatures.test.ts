/** What goes over the wire is what was signed, by the formulas of the exchanges' documentation. */
import { createHash, createHmac } from 'node:crypto';
import type { CcxtExchange } from 'fillchart/ccxt';
import { describe, expect, it } from 'vitest';
import type { Asked } from './fake-exchange.js';
import { EXCHANGES, KEYS, order, ref, venue } from './support.js';

const hmac = (algorithm: string, key: string | Buffer, text: string | Buffer, as: 'hex' | 'base64'): string =>
  createHmac(algorithm, key).update(text).digest(as);

const head = ({ headers }: Asked, name: string): string => String(headers[name]);

/** What came as signature, and what it must be. */
const SIGNATURES: Readonly<Record<CcxtExchange, (asked: Asked) => readonly [came: string, must: string]>> = {
  binance({ text, target }) {
    const [signed = '', came = ''] = (text === '' ? (target.split('?')[1] ?? '') : text).split('&signature=');
    return [came, hmac('sha256', KEYS.secret, signed, 'hex')];
  },
  bybit(asked) {
    const what = asked.method === 'POST' ? asked.text : (asked.target.split('?')[1] ?? '');
    const signed = `${head(asked, 'x-bapi-timestamp')}${KEYS.apiKey}${head(asked, 'x-bapi-recv-window')}${what}`;
    return [head(asked, 'x-bapi-sign'), hmac('sha256', KEYS.secret, signed, 'hex')];
  },
  okx(asked) {
    const signed = `${head(asked, 'ok-access-timestamp')}${asked.method}${asked.target}${asked.text}`;
    return [head(asked, 'ok-access-sign'), hmac('sha256', KEYS.secret, signed, 'base64')];
  },
  kraken(asked) {
    const digest = createHash('sha256').update(`${asked.params['nonce']}${asked.text}`).digest();
    const signed = Buffer.concat([Buffer.from(asked.target), digest]);
    return [head(asked, 'api-sign'), hmac('sha512', Buffer.from(KEYS.secret, 'base64'), signed, 'base64')];
  },
};

describe.each(EXCHANGES)('requests to %s', (exchange) => {
  it('are signed as they are sent: order, query, account', async () => {
    const now = await venue(exchange);
    await now.call((broker, signal) => broker.submitOrder(order(exchange), signal));
    await now.call((broker, signal) => broker.getOrderStatus(ref(exchange), signal));
    const signed = now.fake.requests.filter(({ route }) => ['submit', 'order', 'account'].includes(route));
    expect(new Set(signed.map(({ route }) => route)).size).toBe(3);
    for (const { asked } of signed) {
      const [came, must] = SIGNATURES[exchange](asked);
      expect(decodeURIComponent(came)).toBe(must);
    }
  });

  it('are marked as a demo where the host does not tell', async () => {
    const marks = async (live: boolean) => {
      const now = await venue(exchange, { adapter: { live } });
      await now.call((broker, signal) => broker.submitOrder(order(exchange), signal));
      return now.fake.requests.at(-1)?.asked.headers['x-simulated-trading'];
    };
    expect([await marks(false), await marks(true)]).toEqual([exchange === 'okx' ? '1' : undefined, undefined]);
  });
});
