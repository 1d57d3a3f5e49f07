/** Our order ids at the exchanges: within each one's format, never two alike, and read back as ours. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clientIds, venueName } from '../../src/adapters/brokers/ccxt/client-ids.js';
import { clientOrderIdFor } from '../../src/domain/snapshot.js';
import { EXCHANGES } from './support.js';

const FORMATS = {
  binance: /^[.A-Z:/a-z0-9_-]{1,36}$/,
  bybit: /^[A-Za-z0-9_-]{1,36}$/,
  okx: /^[A-Za-z0-9]{1,32}$/,
  kraken: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
} as const;

const legs = ['', '-sl', '-tp', '-oco'] as const;
const engineId = fc.tuple(fc.string(), fc.string()).map(([id, hash]) => clientOrderIdFor(id, hash));
const anyId = fc.stringMatching(/^[A-Za-z0-9-]{1,36}$/);
const named = fc.tuple(fc.oneof(engineId, anyId), fc.constantFrom(...legs)).map(([id, leg]) => `${id}${leg}`);

describe.each(EXCHANGES)('names at %s [S1]', (exchange) => {
  it('are within the format, whatever the id', () =>
    fc.assert(fc.property(named, (id) => FORMATS[exchange].test(venueName(exchange, id)))));

  it('are a function of the id, the same in every process', () =>
    fc.assert(fc.property(named, (id) => venueName(exchange, id) === clientIds(exchange).toVenue(id))));

  it('of ids of the engine are read back by a process that never sent them', () =>
    fc.assert(
      fc.property(engineId, fc.constantFrom(...legs), (entry, leg) => {
        const id = `${entry}${leg}`;
        expect(clientIds(exchange).fromVenue(venueName(exchange, id))).toBe(id);
      }),
    ));

  it('of any id are read back by the process that sent them', () =>
    fc.assert(
      fc.property(fc.uniqueArray(named, { maxLength: 20 }), (all) => {
        const ids = clientIds(exchange);
        const names = all.map((id) => ids.toVenue(id));
        expect(names.map((name) => ids.fromVenue(name))).toEqual(all);
      }),
    ));

  it('are all different: 10 000 orders with their legs', () => {
    const names = new Set<string>();
    for (let n = 0; n < 10_000; n += 1) {
      const entry = n % 2 === 0 ? clientOrderIdFor(`ADV-${n}`, 'hash') : `another way to write an id, number ${n}`;
      for (const leg of legs) names.add(venueName(exchange, `${entry}${leg}`));
    }
    expect(names.size).toBe(40_000);
  });

  it('of strangers are nobody of ours, or stay what they are', () => {
    const ids = clientIds(exchange);
    const name = exchange === 'kraken' ? '6d1b345e-2821-40e2-ad83-4ecb18a06876' : 'x-strangers0001';
    expect([undefined, name]).toContain(ids.fromVenue(name));
  });
});
