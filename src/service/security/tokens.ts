/**
 * Bearer tokens: names and roles, stored as hashes.
 *
 * 1. A token is 256 random bits, so that a plain SHA-256 of it cannot be turned round; the token itself is stored nowhere.
 * 2. A presented token is compared with every stored hash, each in constant time, whatever came out before.
 * 3. The file is looked at again when it has changed: tokens come and go without a restart. A file that cannot be read any
 *    more leaves the tokens as they were, and that is said: nobody is locked out of a kill switch by a slip of an editor.
 */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { invalidOption, requireList, requireMethods, requireText } from '../../domain/option-values.js';
import type { Clock } from '../../domain/ports.js';
import { attempt, causeOf } from '../../domain/reading.js';
import { show } from '../../domain/snapshot.js';
import { ROLES, type Role } from '../api/system.js';
import type { Identity } from './identity.js';

/** A token as it is stored: its hash, never the token. @beta @since 0.1.0 */
export interface StoredToken {
  readonly name: string;
  readonly role: Role;
  /** `sha256:` and 64 hex digits. */
  readonly hash: string;
}

/** The tokens of a service. @beta @since 0.1.0 */
export interface Tokens {
  /** Who the token is for. */
  find(token: string): Identity | undefined;
  readonly names: readonly string[];
}

const PREFIX = 'fct_';
const BYTES = 32;

/** Makes a token. @beta @since 0.1.0 */
export const newToken = (): string => PREFIX + randomBytes(BYTES).toString('base64url');
/** The hash under which a token is stored. @beta @since 0.1.0 */
export function tokenHash(token: string): string {
  requireText('token of tokenHash', token, 'a token, as text');
  return `sha256:${createHash('sha256').update(token).digest('hex')}`;
}

const NAME = /^[\w.@-]{1,64}$/;
const HASH = /^sha256:[0-9a-f]{64}$/;

/**
 * Reads the text of a file of tokens.
 *
 * @throws {Error} naming what is wrong
 * @beta @since 0.1.0
 */
export function readTokens(text: string, where: string): readonly StoredToken[] {
  if (typeof text !== 'string') throw invalidOption('text of readTokens', text, 'the text of a file of tokens');
  const value: unknown = attempt(() => JSON.parse(text));
  const list = (value as { tokens?: unknown } | null)?.tokens;
  if (!Array.isArray(list)) throw new Error(`${where} must hold { "tokens": [ … ] }`);
  const seen = new Set<string>();
  return list.map((one: unknown, index) => {
    const place = `${where}: tokens[${index}]`;
    const { name, role, hash, ...others } = Object(one) as Record<string, unknown>;
    const [other] = Object.keys(others);
    if (other !== undefined) throw new Error(`${place}.${other} is not known; known are name, role, hash`);
    if (typeof name !== 'string' || !NAME.test(name))
      throw new Error(`${place}.name is ${show(name)}; accepted are 1 to 64 letters, digits, and . _ @ -`);
    if (seen.has(name)) throw new Error(`${place}.name is ${show(name)}, which is there twice`);
    seen.add(name);
    if (!ROLES.some((known) => known === role))
      throw new Error(`${place}.role is ${show(role)}; accepted are ${ROLES.join(', ')}`);
    if (typeof hash !== 'string' || !HASH.test(hash))
      throw new Error(`${place}.hash is not "sha256:" with 64 hex digits; fillchart token create writes it`);
    return { name, role: role as Role, hash };
  });
}

/** The tokens of a list. @beta @since 0.1.0 */
export function tokenList(stored: readonly StoredToken[]): Tokens {
  requireList('The argument of tokenList', stored, 'a list of { name, role, hash }, such as readTokens returns');
  for (const [index, one] of stored.entries())
    requireText(`[${index}].hash of tokenList`, one?.hash, '"sha256:" with 64 hex digits');
  const all = stored.map(({ name, role, hash }) => ({
    identity: { name, role, key: `token ${name}` },
    hash: Buffer.from(hash.slice('sha256:'.length), 'hex'),
  }));
  return {
    names: stored.map(({ name }) => name),
    find(token) {
      const presented = createHash('sha256').update(token).digest();
      let found: Identity | undefined;
      for (const { identity, hash } of all) if (timingSafeEqual(presented, hash)) found = identity;
      return found;
    },
  };
}

/** How often the file is looked at, at most. */
const LOOK_MS = 500;

/**
 * The tokens of a file, read anew when it changes.
 *
 * @throws {Error} when the file cannot be read at the start
 * @beta @since 0.1.0
 */
export function tokenFile(path: string, clock: Clock, warn: (sentence: string) => void): Tokens {
  requireText('path of tokenFile', path, 'the path of a file');
  requireMethods('clock of tokenFile', clock, ['monotonic']);
  if (typeof warn !== 'function') throw invalidOption('warn of tokenFile', warn, 'a function');
  const stampOf = (): string => {
    const { mtimeMs, size, ino } = statSync(path);
    return `${mtimeMs} ${size} ${ino}`;
  };
  const read = (): Tokens => tokenList(readTokens(readFileSync(path, 'utf8'), path));
  let stamp = stampOf();
  let current = read();
  let lookedAt = clock.monotonic();

  function look(): Tokens {
    const now = clock.monotonic();
    if (now - lookedAt < LOOK_MS) return current;
    lookedAt = now;
    try {
      const next = stampOf();
      if (next === stamp) return current;
      stamp = next;
      current = read();
    } catch (error) {
      warn(`The tokens cannot be read any more, and stay as they were: ${causeOf(error)}.`);
    }
    return current;
  }

  return {
    find: (token) => look().find(token),
    get names() {
      return look().names;
    },
  };
}
