/** What the account holds. */
import { type Decimal, parseDecimal, ZERO } from '../../../domain/decimal.js';
import type { Purpose } from '../request-budget.js';
import type { Desk } from './desk.js';

export interface Account {
  /** @throws {Error} when it cannot be read */
  total(currencyId: string): Decimal;
  /** What no order holds. @throws {Error} when it cannot be read */
  free(currencyId: string): Decimal;
  /** Why it may not trade, if the exchange says so. */
  readonly blocked?: string;
}

/** @throws {Error} when the exchange does not say */
export async function readAccount(
  { wire, dialect }: Pick<Desk, 'wire' | 'dialect'>,
  signal: AbortSignal,
  purpose: Purpose = 'read',
): Promise<Account> {
  const said = await wire.read(signal, dialect.account, purpose);
  const balances = dialect.balances(said.data);
  if (balances === undefined) throw new Error(`${dialect.exchange}: unreadable balances`);
  const blocked = dialect.whyBlocked(said.data);
  const read = (id: string, what: 'total' | 'free'): Decimal => {
    if (!balances.has(id)) return ZERO;
    const amount = parseDecimal(balances.get(id)?.[what]);
    if (amount === undefined) throw new Error(`${dialect.exchange}: unreadable balance of ${id}`);
    return amount;
  };
  return {
    total: (id) => read(id, 'total'),
    free: (id) => read(id, 'free'),
    ...(blocked !== undefined && { blocked }),
  };
}
