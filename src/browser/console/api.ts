/**
 * Calls to the service, and what it refuses.
 *
 * 1. The token lives as long as the tab: in its session storage, never in an address.
 * 2. Every path is relative to the page, so that a proxy's prefix needs no setting.
 */
import type { Problem } from '../../service/api/common.js';

const KEY = 'fillchart-token';

export class Refused extends Error {
  override readonly name = 'Refused';
  readonly status: number;
  readonly problem: Partial<Problem>;
  constructor(status: number, problem: Partial<Problem>) {
    super(problem.message ?? `The service answered ${status}.`);
    this.status = status;
    this.problem = problem;
  }
}

export const token = {
  get: (): string | undefined => sessionStorage.getItem(KEY) ?? undefined,
  set: (value: string | undefined): void => {
    if (value === undefined) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, value);
  },
};

export const address = (path: string): string => new URL(path.replace(/^\//, ''), document.baseURI).href;

export const headers = (): Record<string, string> => {
  const known = token.get();
  return known === undefined ? {} : { Authorization: `Bearer ${known}` };
};

const TIMEOUT_MS = 20_000;

/** @throws {Refused} with the service's code and sentence @throws {TypeError} when it does not answer */
async function call<Answer>(method: 'GET' | 'POST', path: string, body?: object): Promise<Answer> {
  const response = await fetch(address(path), {
    method,
    headers: { ...headers(), ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
    cache: 'no-store',
  });
  const text = await response.text();
  const read: unknown =
    response.headers.get('content-type')?.startsWith('application/json') === true ? JSON.parse(text) : {};
  if (!response.ok) throw new Refused(response.status, read as Partial<Problem>);
  return read as Answer;
}

export const get = <Answer>(path: string): Promise<Answer> => call<Answer>('GET', path);
export const post = <Answer>(path: string, body: object): Promise<Answer> => call<Answer>('POST', path, body);

/** A sentence for whoever asked. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Refused) return error.message;
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'The service did not answer in time.';
  return 'The service does not answer.';
}
