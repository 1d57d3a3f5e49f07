/**
 * What the account holds.
 *
 * A position is read anew each time. For an estimate (is there money for this order?) an answer of the last second will do,
 * one that is still on its way among them: several advisories at once then cost one read.
 */
import { type Decimal, parseVenueDecimal, ZERO } from '../../../domain/decimal.js';
import type { Clock } from '../../../domain/ports.js';
import type { Purpose } from '../request-budget.js';
import type { Dialect } from './dialect.js';
import type { Wire } from './wire.js';

export interface Account {
  /** @throws {Error} when it cannot be read */
  total(currencyId: string): Decimal;
  /** What no order holds. @throws {Error} when it cannot be read */
  free(currencyId: string): Decimal;
  /** Why it may not trade, if the exchange says so. */
  readonly blocked?: string;
  /** Part of a buy that goes off as fee, where the exchange tells it. */
  readonly feeRate?: string;
  /** Of a margin account: what is free for further positions. */
  readonly freeMargin?: string;
}

export interface AccountReader {
  /** @throws {Error} when the exchange does not say */
  read(signal: AbortSignal, purpose?: Purpose, tag?: string): Promise<Account>;
  /** At most a second old. @throws {Error} when the exchange does not say */
  recent(signal: AbortSignal, tag?: string): Promise<Account>;
}

const RECENT_MS = 1_000;

export function accountReader(wire: Pick<Wire, 'read'>, dialect: Dialect, clock: Clock): AccountReader {
  let latest: { readonly at: number; readonly account: Promise<Account> } | undefined;

  function read(signal: AbortSignal, purpose: Purpose = 'read', tag?: string): Promise<Account> {
    const account = wire.read(signal, dialect.account, purpose, tag).then(({ data }) => accountOf(dialect, data));
    latest = { at: clock.monotonic(), account };
    return account;
  }

  return {
    read,
    async recent(signal, tag) {
      if (latest !== undefined && clock.monotonic() - latest.at < RECENT_MS) {
        // It may have been given up by whom it was read for.
        const shared = await latest.account.catch(() => undefined);
        if (shared !== undefined) return shared;
      }
      return read(signal, 'read', tag);
    },
  };
}

function accountOf(dialect: Dialect, data: unknown): Account {
  const balances = dialect.balances(data);
  if (balances === undefined) throw new Error(`${dialect.exchange}: unreadable balances`);
  const blocked = dialect.whyBlocked(data);
  const feeRate = dialect.feeRate?.(data);
  const freeMargin = dialect.freeMargin?.(data);
  const read = (id: string, what: 'total' | 'free'): Decimal => {
    if (!balances.has(id)) return ZERO;
    const amount = parseVenueDecimal(balances.get(id)?.[what]);
    if (amount === undefined) throw new Error(`${dialect.exchange}: unreadable balance of ${id}`);
    return amount;
  };
  return {
    total: (id) => read(id, 'total'),
    free: (id) => read(id, 'free'),
    ...(blocked !== undefined && { blocked }),
    ...(feeRate !== undefined && { feeRate }),
    ...(freeMargin !== undefined && { freeMargin }),
  };
}
