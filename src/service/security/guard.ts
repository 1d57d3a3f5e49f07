/**
 * Where a request may come from, and what every answer carries.
 *
 * 1. The name that the browser was sent to (`Host`) must be one of ours: a page of elsewhere whose name was made to lead to
 *    this machine (DNS rebinding) gets nothing, on loopback too.
 * 2. A request that a page sends (`Origin`, `Sec-Fetch-Site`) must come from this very place, or from an origin that is named.
 * 3. Nothing is allowed across origins unless it is named.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { refuse } from '../http/refusal.js';

interface GuardOptions {
  /** Names under which the service may be called, without port; any where absent. Loopback names are always among them. */
  readonly hosts: readonly string[] | undefined;
  /** Origins that may call from elsewhere. */
  readonly origins: readonly string[];
  readonly isTls: boolean;
}

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'];

/** No page can be drawn around this one, and nothing is loaded from elsewhere. */
const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "media-src 'self' data:",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy': CSP,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Cache-Control': 'no-store',
};

const A_YEAR = 31_536_000;

export function guard({ hosts, origins, isTls }: GuardOptions): (request: FastifyRequest, reply: FastifyReply) => void {
  const names =
    hosts === undefined ? undefined : new Set([...hosts, ...LOOPBACK_NAMES].map((name) => name.toLowerCase()));

  function assertHost(host: string | undefined): void {
    // A browser always says where it was sent to; the health check of a proxy, in HTTP/1.0, may not.
    if (names === undefined || host === undefined) return;
    const name = host.toLowerCase().replace(/:\d+$/, '');
    if (!names.has(name))
      throw refuse(
        'FORBIDDEN',
        `The request was sent to ${JSON.stringify(host)}; this service is ${[...names].join(', ')}.`,
      );
  }

  function assertOrigin({ headers, method }: FastifyRequest): void {
    const { origin, host } = headers;
    const site = headers['sec-fetch-site'];
    if (origin !== undefined && !isOurs(origin, host) && !origins.includes(origin))
      throw refuse('FORBIDDEN', `The request comes from a page of ${JSON.stringify(origin)}, which is not allowed.`);
    const isCrossSite = site === 'cross-site' || site === 'same-site';
    if (isCrossSite && method !== 'GET' && (origin === undefined || !origins.includes(origin)))
      throw refuse('FORBIDDEN', 'The request comes from a page of another site, which is not allowed.');
  }

  return (request, reply) => {
    void reply.headers(HEADERS);
    if (isTls) void reply.header('Strict-Transport-Security', `max-age=${A_YEAR}`);
    assertHost(request.headers.host);
    assertOrigin(request);
    const { origin } = request.headers;
    if (origin !== undefined && origins.includes(origin)) {
      void reply.header('Access-Control-Allow-Origin', origin).header('Vary', 'Origin');
      void reply.header('Access-Control-Expose-Headers', 'Retry-After, X-Request-Id');
    }
  };
}

function isOurs(origin: string, host: string | undefined): boolean {
  if (!URL.canParse(origin)) return false;
  return new URL(origin).host.toLowerCase() === (host ?? '').toLowerCase();
}

/** The policy of a page that has a style of its own. @param hash of the style, as the policy names it */
export const policyWithStyle = (hash: string): string => CSP.replace("style-src 'self'", `style-src 'self' ${hash}`);

/** A browser asks whether it may send what follows. The guard has refused origins that are not named by then. */
export const isPreflight = ({ method, headers }: Pick<FastifyRequest, 'method' | 'headers'>): boolean =>
  method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;

export const PREFLIGHT_HEADERS: Readonly<Record<string, string>> = {
  'Access-Control-Allow-Methods': 'GET, POST',
  'Access-Control-Allow-Headers': 'Authorization, Content-Type, Last-Event-ID, X-Request-Id',
  'Access-Control-Max-Age': '600',
};

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
