/**
 * Who calls, whether the role suffices, and whether it is not too often.
 *
 * 1. Without tokens everybody on this machine is the operator; the service is bound to loopback then.
 * 2. Setting a kill switch is never refused for its rate: whoever may stop can stop.
 * 3. Wrong tokens are counted by address, so that nobody can try them out.
 */
import type { FastifyRequest } from 'fastify';
import type { RouteShape } from '../api/routes.js';
import { refuse } from '../http/refusal.js';
import { allows, type Identity, LOCAL, withArticle } from './identity.js';
import type { RateLimit } from './rate-limit.js';
import type { Tokens } from './tokens.js';

interface IdentifyParts {
  /** Absent where none are configured. */
  readonly tokens: Tokens | undefined;
  readonly rate: RateLimit;
  readonly wrongTokens: RateLimit;
}

const ANYBODY: Identity = { name: 'anybody', role: 'viewer', key: 'public' };

export function identify({ tokens, rate, wrongTokens }: IdentifyParts) {
  return (request: FastifyRequest, route: RouteShape): Identity => {
    if (tokens === undefined) return LOCAL;
    const identity = bearerOf(request, tokens, wrongTokens);
    if (route.role === 'public') return identity ?? ANYBODY;
    if (identity === undefined)
      throw refuse(
        'UNAUTHENTICATED',
        'This needs the header "Authorization: Bearer <token>", with a token that is known.',
      );
    // Whoever is refused is known all the same: the log of who did what names them.
    request.identity = identity;
    const isStop = route.method === 'POST' && route.path === '/v1/kill-switches';
    const waitSeconds = isStop ? 0 : rate.take(identity.key);
    if (waitSeconds > 0)
      throw refuse('RATE_LIMITED', `Too many requests by ${identity.name}.`, { retryAfterSeconds: waitSeconds });
    if (!allows(identity.role, route.role))
      throw refuse(
        'FORBIDDEN',
        `${identity.name} is ${withArticle(identity.role)}; this takes ${withArticle(route.role)}.`,
      );
    return identity;
  };
}

function bearerOf(request: FastifyRequest, tokens: Tokens, wrongTokens: RateLimit): Identity | undefined {
  const { authorization } = request.headers;
  if (authorization === undefined) return undefined;
  const [, token] = /^Bearer ([\w.~+/=-]{1,512})$/i.exec(authorization) ?? [];
  const found = token === undefined ? undefined : tokens.find(token);
  if (found !== undefined) return found;
  const waitSeconds = wrongTokens.take(request.ip);
  if (waitSeconds > 0) throw refuse('RATE_LIMITED', 'Too many wrong tokens.', { retryAfterSeconds: waitSeconds });
  return undefined;
}
