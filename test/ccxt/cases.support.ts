/** Many advisories at one exchange, each in a market of its own. */
import type { ExecutionResult } from 'fillchart';
import type { CcxtExchange } from 'fillchart/ccxt';
import { advisory, execute, type Setting, type World, world } from './support.js';
import { quoteOf } from './venue-store.js';

/** Names of base currencies: `BTC`, then `C1`, `C2` … */
const basesOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => (n === 0 ? 'BTC' : `C${n}`));

interface Crowd {
  readonly now: World;
  readonly results: readonly ExecutionResult[];
}

/** So many advisories at once, at the limits of the exchange and the defaults of the adapter. */
export async function crowd(exchange: CcxtExchange, count: number, setting: Setting = {}): Promise<Crowd> {
  const now = await world(exchange, { bases: basesOf(count), limits: true, quote: '100000000', ...setting });
  const results = await now.clock.runUntil(
    Promise.all(
      now.store.bases.map((base) =>
        now.engine.execute({
          ...advisory(exchange),
          advisoryId: `ADV-${base}`,
          symbol: `${base}/${quoteOf(exchange)}`,
          positionSize: '1',
        }),
      ),
    ),
  );
  return { now, results };
}

/** How each ended, in one line. */
export const ends = (results: readonly ExecutionResult[]): readonly string[] =>
  results.map(({ status, reason, reconciliationReport: report }) =>
    [status, reason ?? report?.status, ...(report?.mismatches.map(({ kind }) => kind) ?? [])].join(' '),
  );

export const one = async (
  exchange: CcxtExchange,
  setting: Setting & { readonly size?: string },
): Promise<{ readonly now: World; readonly result: ExecutionResult }> => {
  const { size = '1', ...rest } = setting;
  const now = await world(exchange, rest);
  return { now, result: await execute(now, { ...advisory(exchange), positionSize: size }) };
};

/** What stands at the exchange for a position: type and size. */
export const standing = (now: World): readonly string[] =>
  now.store.open().map(({ type, quantity }) => `${type} ${quantity}`);
