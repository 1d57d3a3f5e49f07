/**
 * What two readers of a request could understand in two ways is refused: a proxy and the service must see the same.
 *
 * 1. A header that decides is there once: the first of two would count here, and perhaps the last elsewhere.
 * 2. An address that names a host names the one in `Host`.
 * 3. A body is JSON in UTF-8 as it is sent: packed, or in another charset, it is not guessed at.
 */
import type { FastifyRequest } from 'fastify';
import { refuse } from './refusal.js';

const ONCE = ['host', 'authorization', 'content-type', 'content-encoding', 'origin', 'last-event-id'];

/** @throws {Refusal} */
export function assertOneReading({ raw, headers, method }: FastifyRequest): void {
  const names = raw.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
  const twice = ONCE.find((name) => names.indexOf(name) !== names.lastIndexOf(name));
  if (twice !== undefined) throw refuse('INVALID_REQUEST', `The header ${JSON.stringify(twice)} is there twice.`);
  assertSameHost(raw.url ?? '/', headers.host);
  if (method === 'POST') assertPlainBody(headers['content-encoding'], headers['content-type']);
}

function assertSameHost(address: string, host: string | undefined): void {
  if (address.startsWith('/') || address === '*') return;
  if (URL.canParse(address) && new URL(address).host === (host ?? '').toLowerCase()) return;
  throw refuse('INVALID_REQUEST', 'The address names another host than the header "host".');
}

const CHARSET = /;\s*charset\s*=\s*"?([^";\s]*)/i;

function assertPlainBody(encoding: string | undefined, type: string | undefined): void {
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
    throw refuse('UNSUPPORTED_MEDIA_TYPE', `Content-Encoding is ${JSON.stringify(encoding)}; a body is sent as it is.`);
  const charset = CHARSET.exec(type ?? '')?.[1];
  if (charset !== undefined && !/^utf-?8$/i.test(charset))
    throw refuse('UNSUPPORTED_MEDIA_TYPE', `The charset is ${JSON.stringify(charset)}; accepted is JSON in UTF-8.`);
}
