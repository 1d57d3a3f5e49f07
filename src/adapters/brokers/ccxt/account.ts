/** What the account holds. */
import { type Decimal, parseDecimal, ZERO } from '../../../domain/decimal.js';
import type { Purpose } from '../request-budget.js';
import type { Desk } from './desk.js';

export interface Account {
  total(currencyId: string): Decimal;
  /** What no order holds. */
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
  return {
    total: (id) => parseDecimal(balances.get(id)?.total) ?? ZERO,
    free: (id) => parseDecimal(balances.get(id)?.free) ?? ZERO,
    ...(blocked !== undefined && { blocked }),
  };
}
