/**
 * Who calls, and what the role allows.
 */
import { ROLES, type Role } from '../api/system.js';

export interface Identity {
  /** Name of the token; `local` where no tokens are configured. */
  readonly name: string;
  readonly role: Role;
  /** What the rate is counted by. */
  readonly key: string;
}

/** A role may do what the roles before it may. */
export const allows = (role: Role, needed: Role): boolean => ROLES.indexOf(role) >= ROLES.indexOf(needed);

/** Where no tokens are configured: the service answers this machine alone, and whoever is on it may do everything. */
export const LOCAL: Identity = { name: 'local', role: 'operator', key: 'local' };

/** A role within a sentence. */
export const withArticle = (role: string): string => (role === 'operator' ? `an ${role}` : `a ${role}`);
