/**
 * Restate's ingress over HTTP: the way in for workers (gate, feed) and for the front.
 *
 * 1. Every call has a deadline over its whole body.
 * 2. A failure is one value, `IngressError`, that says whether Restate answered: one that did has taken the call or refused it.
 */
import type { Clock } from '../domain/ports.js';
import { boundedText } from '../domain/reading.js';

export class IngressError extends Error {
  override readonly name = 'IngressError';
  /** HTTP status; absent when nothing was answered. */
  readonly status: number | undefined;
  constructor(message: string, status?: number) {
    super(message);
    this.status = status;
  }
}

export interface Ingress {
  /** Calls a handler and waits for what it returns. @param limitMs over the whole answer */
  call<T>(service: string, key: string, handler: string, body: unknown, limitMs: number): Promise<T>;
  /** Waits for the result of a workflow that was started; rejects with status 404 where there is none. */
  attach<T>(workflow: string, key: string, limitMs: number): Promise<T>;
}

/** @param url such as `http://127.0.0.1:8080` */
export function ingress(url: string, clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>): Ingress {
  const base = url.replace(/\/+$/, '');
  const at = (...parts: readonly string[]) => `${base}/${parts.map(encodeURIComponent).join('/')}`;

  async function request<T>(method: string, address: string, body: unknown, limitMs: number): Promise<T> {
    const controller = new AbortController();
    const timer = clock.setTimeout(() => controller.abort(), limitMs);
    try {
      const answer = await fetch(address, {
        method,
        signal: controller.signal,
        ...(method === 'POST' && {
          body: JSON.stringify(body ?? null),
          headers: { 'content-type': 'application/json' },
        }),
      });
      const text = await answer.text();
      if (!answer.ok) throw new IngressError(`Restate answered ${answer.status}: ${boundedText(text)}`, answer.status);
      return (text === '' ? undefined : JSON.parse(text)) as T;
    } catch (error) {
      if (error instanceof IngressError) throw error;
      const cause = controller.signal.aborted ? `no answer within ${limitMs} ms` : causeOf(error);
      throw new IngressError(`Restate did not answer: ${cause}`);
    } finally {
      clock.clearTimeout(timer);
    }
  }

  return {
    call: (service, key, handler, body, limitMs) => request('POST', at(service, key, handler), body, limitMs),
    attach: (workflow, key, limitMs) =>
      request(
        'GET',
        `${base}/restate/workflow/${encodeURIComponent(workflow)}/${encodeURIComponent(key)}/attach`,
        undefined,
        limitMs,
      ),
  };
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message}: ${cause.message}` : error.message;
}
