/**
 * Who did what: each call that was to change something, and each that was refused for who made it.
 *
 * 1. The latest are kept in memory; whoever wants all of them takes them as they come.
 * 2. Each is chained to the one before it: a log of them shows what was done to it.
 */
import type { FastifyRequest } from 'fastify';
import type { Clock } from '../domain/ports.js';
import { isoTime } from '../domain/time.js';
import { type AccessLogEnd, chainedEntry, EMPTY_ACCESS_LOG } from './access-chain.js';
import type { AccessEntry } from './api/system.js';
import type { Answered } from './http/server.js';
import { type Identity, LOCAL } from './security/identity.js';

const KEPT = 1_000;
const REFUSED_FOR_WHO = ['UNAUTHENTICATED', 'FORBIDDEN'];

export interface AccessRecorder {
  readonly entries: readonly AccessEntry[];
  saw(answered: Answered): void;
}

/** @param begin where the log that is kept elsewhere ends */
export function accessLog(
  clock: Pick<Clock, 'now'>,
  onEntry: (entry: AccessEntry) => void,
  begin: AccessLogEnd = EMPTY_ACCESS_LOG,
): AccessRecorder {
  const entries: AccessEntry[] = [];
  let end = begin;
  return {
    entries,
    saw({ operation, request, identity, status, code }) {
      const isRefusedForWho = code !== undefined && REFUSED_FOR_WHO.includes(code);
      if (request.method !== 'POST' && !isRefusedForWho) return;
      const done = {
        at: isoTime(clock.now()),
        requestId: request.id,
        by: nameOf(identity, request),
        role: identity?.role ?? 'viewer',
        action: operation ?? 'none',
        on: `${request.method} ${pathOf(request)}`,
        ...aboutOf(request),
        outcome: status,
        ...(code !== undefined && { code }),
        from: request.ip,
      };
      const entry = chainedEntry(done, end);
      end = entry;
      entries.push(entry);
      if (entries.length > KEPT) entries.shift();
      onEntry(entry);
    },
  };
}

/** Whom the token is for; without tokens the name that the body gives, as the journal has it. */
function nameOf(identity: Identity | undefined, { body }: FastifyRequest): string {
  if (identity !== LOCAL) return identity?.name ?? 'unknown';
  const { by } = Object(body) as { readonly by?: unknown };
  return typeof by === 'string' && by.trim() !== '' ? by.trim().slice(0, MAX_TEXT) : LOCAL.name;
}

const MAX_PATH = 200;
const pathOf = ({ url }: FastifyRequest): string => (url.split('?')[0] ?? '').slice(0, MAX_PATH);

const MAX_TEXT = 200;
const ABOUT = [
  ...['advisoryId', 'account', 'type', 'target', 'state', 'symbol', 'caseIds', 'all'],
  ...['withdraw', 'force', 'reason'],
];

/** What the body says it is about: never the whole of it. */
function aboutOf({ body }: FastifyRequest): { readonly about?: Record<string, string> } {
  if (typeof body !== 'object' || body === null) return {};
  const named = ABOUT.flatMap((name) => {
    const text = wordsOf((body as Record<string, unknown>)[name]);
    return text === undefined ? [] : [[name, text.slice(0, MAX_TEXT)] as const];
  });
  return named.length === 0 ? {} : { about: Object.fromEntries(named) };
}

function wordsOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return Array.isArray(value) && value.every((one) => typeof one === 'string') ? value.join(', ') : undefined;
}
