/**
 * The accounts of a service, by name.
 */
import { refuse } from '../http/refusal.js';
import type { Account, OpenAccount } from './account.js';

const isOpen = (one: Account): one is OpenAccount => one.engine !== undefined;

export interface Accounts {
  readonly all: readonly Account[];
  /** Those that are open, or the one that is named. @throws {Refusal} `UNKNOWN_ACCOUNT`, `NOT_READY` */
  open(name?: string): readonly OpenAccount[];
  /** The one that is named, or the only one. @throws {Refusal} `UNKNOWN_ACCOUNT`, `NOT_READY` */
  one(name: string | undefined): OpenAccount;
}

export function accountsOf(all: readonly Account[]): Accounts {
  const names = all.map(({ name }) => name).join(', ');

  /** @param status 404 where something of the account is looked for, 422 where something is handed to it */
  function find(name: string, status: 404 | 422): Account {
    const found = all.find((one) => one.name === name);
    if (found !== undefined) return found;
    throw refuse('UNKNOWN_ACCOUNT', `account is ${JSON.stringify(name)}; accepted is ${names}.`, {
      field: 'account',
      status,
    });
  }

  function opened(one: Account): OpenAccount {
    if (isOpen(one)) return one;
    throw refuse('NOT_READY', one.problems().join(' ') || `Account ${one.name} is not open.`);
  }

  return {
    all,
    open: (name) => (name === undefined ? all.filter(isOpen) : [opened(find(name, 404))]),
    one(name) {
      if (name !== undefined) return opened(find(name, 422));
      const [only] = all;
      if (only !== undefined && all.length === 1) return opened(only);
      throw refuse('UNKNOWN_ACCOUNT', `account is missing; accepted is ${names}.`, { field: 'account' });
    },
  };
}
