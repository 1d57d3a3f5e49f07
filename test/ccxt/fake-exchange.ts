/**
 * An exchange on loopback HTTP: one store, the words of one exchange over it, and faults on demand.
 *
 * 1. Every request is recorded, with what it was for and the order that it names.
 * 2. A fault spoils one answer. `live: true` carries the request out all the same.
 * 3. With `limits`, it lets a client ask as much as the exchange does, and says so in its words and headers.
 * 4. Ids are written digit for digit, however long (`digits`).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { writeFaulty } from '../../src/testing/alpaca-simulator/faulty-answers.js';
import { type Admission, type Capacity, capacity } from '../../src/testing/venue/capacity.js';
import { venues } from '../../src/testing/venue/profiles.js';
import { type Refusal, Refused, type VenueStore } from './venue-store.js';

type Route =
  | 'submit'
  | 'protect'
  | 'order'
  | 'cancel'
  | 'account'
  | 'orders'
  | 'fills'
  | 'rules'
  | 'price'
  | 'time'
  | 'markets';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** A request, read. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  /** Query and body, whatever their form. */
  readonly params: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  /** Path and query as they came. */
  readonly target: string;
  /** The body as it came. */
  readonly text: string;
}

export interface Heard {
  readonly route: Route;
  /** The order that it names. */
  readonly name?: string | undefined;
  act(): Answer;
}

/** The words of an exchange. */
export interface Speech {
  readonly symbol: string;
  readonly keyHeader: string;
  hear(asked: Asked, store: VenueStore): Heard;
  refuse(why: Refusal): Answer;
  /** The time that the request bears, epoch ms, and how old it may be. */
  signed?(asked: Asked): { readonly at: number; readonly behindMs: number };
  /** What an answer tells of the limits. */
  told?(admission: Admission): Record<string, string>;
}

/** A number of any length, as JSON writes it. */
export const digits = (id: string): string => `@#${id}@`;

const textOf = (body: unknown): string => JSON.stringify(body).replace(/"@#(-?\d+)@"/g, '$1');

function write(response: ServerResponse, { status, body }: Answer, headers: Record<string, string> = {}): void {
  if (body === undefined) response.writeHead(status, headers).end();
  else response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(textOf(body));
}

export type FaultAnswer =
  | 'silence'
  | 'cut'
  | 'cut_body'
  | 'stalled_body'
  | 'html'
  | 'empty_object'
  | { readonly status: number; readonly body?: unknown; readonly headers?: Record<string, string> }
  | Refusal;

export interface Fault {
  readonly on: Route;
  readonly answer: FaultAnswer;
  readonly live?: boolean;
  readonly times?: number;
  /** Only for an order whose name says so. */
  readonly name?: RegExp;
}

interface Recorded {
  readonly route: Route;
  readonly name?: string | undefined;
  readonly asked: Asked;
}

const RAW = ['silence', 'cut', 'cut_body', 'stalled_body', 'html', 'empty_object'] as const;
const isRaw = (answer: FaultAnswer): answer is (typeof RAW)[number] => RAW.some((raw) => raw === answer);

export class FakeExchange {
  readonly requests: Recorded[] = [];
  /** Requests that the exchange does not know. */
  readonly strange: string[] = [];
  readonly pending = { requests: 0, held: 0, updates: 0 };
  url = '';
  /** Requests that were refused since they were too many. */
  refused = 0;
  private readonly capacity: Capacity | undefined;
  private readonly faults: { readonly fault: Fault; left: number }[] = [];
  readonly server = createServer((request, response) => void this.answer(request, response));

  constructor(
    readonly speech: Speech,
    readonly store: VenueStore,
    private readonly key: string,
    limits = false,
  ) {
    if (limits) this.capacity = capacity(venues[store.exchange].capacity);
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  fault(fault: Fault): void {
    this.faults.push({ fault, left: fault.times ?? 1 });
  }

  count(route: Route, name?: string): number {
    return this.requests.filter((seen) => seen.route === route && (name === undefined || seen.name === name)).length;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.pending.requests += 1;
    const isOver = await this.handle(request, response);
    if (isOver) this.pending.requests -= 1;
    else {
      this.pending.held += 1;
      response.once('close', () => {
        this.pending.held -= 1;
        this.pending.requests -= 1;
      });
    }
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<boolean> {
    const asked = await read(request);
    const heard = this.heard(asked);
    if (heard === undefined) {
      write(response, { status: 404, body: undefined });
      return true;
    }
    this.requests.push({ route: heard.route, name: heard.name, asked });
    const admission = this.capacity?.admit(heard.route, this.store.now());
    const headers = admission === undefined ? {} : (this.speech.told?.(admission) ?? {});
    if (admission !== undefined && admission.kind !== 'admitted') {
      this.refused += 1;
      write(response, this.speech.refuse(admission.kind === 'locked_out' ? 'lockout' : 'rate'), headers);
      return true;
    }
    const fault = this.take(heard);
    if (fault === undefined) {
      write(response, this.sound(heard, asked), headers);
      return true;
    }
    const sound = fault.live === true ? this.sound(heard, asked) : { status: 200, body: { cut: 'somewhere in here' } };
    const { answer } = fault;
    if (isRaw(answer))
      return writeFaulty(response, answer, { ...sound, body: JSON.parse(textOf(sound.body)) as unknown });
    if (typeof answer === 'string') write(response, this.speech.refuse(answer));
    else if (answer.body === undefined) {
      response.writeHead(answer.status, { 'content-type': 'text/html', ...answer.headers }).end('<html>no</html>');
    } else write(response, { status: answer.status, body: answer.body }, answer.headers);
    return true;
  }

  private heard(asked: Asked): Heard | undefined {
    try {
      return this.speech.hear(asked, this.store);
    } catch (error) {
      this.strange.push(String(error));
      return undefined;
    }
  }

  private take({ route, name }: Heard): Fault | undefined {
    const entry = this.faults.find(
      ({ fault, left }) => left > 0 && fault.on === route && (fault.name === undefined || fault.name.test(name ?? '')),
    );
    if (entry !== undefined) entry.left -= 1;
    return entry?.fault;
  }

  private sound(heard: Heard, asked: Asked): Answer {
    const isPublic = ['rules', 'price', 'time', 'markets'].includes(heard.route);
    if (!isPublic && asked.headers[this.speech.keyHeader] !== this.key) return this.speech.refuse('key');
    try {
      const signed = isPublic ? undefined : this.speech.signed?.(asked);
      if (signed !== undefined) this.store.venue.checkTime(signed.at, signed.behindMs);
      return heard.act();
    } catch (error) {
      if (error instanceof Refused) return this.speech.refuse(error.why);
      throw error;
    }
  }
}

async function read(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const text = Buffer.concat(chunks).toString();
  const body: [string, unknown][] = text.startsWith('{')
    ? Object.entries(JSON.parse(text) as Record<string, unknown>)
    : [...new URLSearchParams(text)];
  const params = Object.fromEntries([...url.searchParams, ...body].map(([key, value]) => [key, String(value)]));
  const { method = 'GET', url: target = '/', headers } = request;
  return { method, path: url.pathname, params, headers, target, text };
}
