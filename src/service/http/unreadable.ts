/**
 * What never becomes a request: it is answered by hand, in the words of every other refusal, and the connection ends.
 */
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

const BAD_REQUEST = 400;

const PROBLEMS: Readonly<Record<string, readonly [status: number, message: string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'The address and headers are too large; accepted are at most 16384 bytes.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'The request did not arrive in time; accepted are at most 60 seconds.'],
};

export function answerUnreadable(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  const [status, message] = PROBLEMS[error.code ?? ''] ?? [BAD_REQUEST, 'The request is no HTTP that can be read.'];
  const requestId = randomUUID();
  const body = JSON.stringify({ code: 'INVALID_REQUEST', message, requestId });
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    'Connection: close',
  ];
  if (socket.writable) socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
  else socket.destroy();
}
