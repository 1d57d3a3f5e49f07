/**
 * A client of the service, typed by the table of routes: there is no second model.
 *
 * 1. `submitExecution` and everything that only reads may be sent again: after a cut connection, and when the service says
 *    that it is not ready, they are, until `retryForMs` is over. Nothing else is ever sent twice.
 * 2. A refusal is a `ClientError` with the registry's code.
 * 3. The stream of events goes on where it was cut, by the last id.
 */
import type { Static, TSchema } from '@sinclair/typebox';
import type { EVENTS, EventName } from '../api/events.js';
import { type OperationId, type RouteShape, type Routes, routes } from '../api/routes.js';

/** What {@link createClient} is made from. @public @since 0.1.0 */
export interface ClientOptions {
  /** Such as `http://127.0.0.1:8090`. */
  readonly baseUrl: string;
  readonly token?: string | undefined;
  /** How long what may be sent again is, in ms; 30 000 by default, 0 for never. */
  readonly retryForMs?: number | undefined;
  /** That of the platform by default. */
  readonly fetch?: typeof fetch | undefined;
}

/** A refusal by the service, or an answer that is none of its own. @public @since 0.1.0 */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly status: number;
  /** A code of the registry; `UNREADABLE_ANSWER` where the answer is not the service's. */
  readonly code: string;
  readonly field: string | undefined;
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  /** @throws {TypeError} for a status that is no number, or a problem that is no object */
  constructor(status: number, problem: Partial<ProblemBody>) {
    if (typeof status !== 'number')
      throw new TypeError(`status of ClientError is ${String(status)}; accepted is a number, as of HTTP.`);
    if (typeof problem !== 'object' || problem === null)
      throw new TypeError(`problem of ClientError is ${String(problem)}; accepted is an object with code and message.`);
    super(problem.message ?? `The service answered with ${status}.`);
    this.status = status;
    this.code = problem.code ?? 'UNREADABLE_ANSWER';
    this.field = problem.field;
    this.requestId = problem.requestId;
    this.retryAfterSeconds = problem.retryAfterSeconds;
  }
}

interface ProblemBody {
  readonly code: string;
  readonly message: string;
  readonly field: string;
  readonly requestId: string;
  readonly retryAfterSeconds: number;
}

type Part<Id extends OperationId, Name extends string> = Routes[Id] extends {
  readonly [P in Name]: infer S extends TSchema;
}
  ? Static<S>
  : undefined;

type Needed<T> = T extends undefined ? false : true;

/** What an operation takes. @public @since 0.1.0 */
export type Input<Id extends OperationId> = (Needed<Part<Id, 'params'>> extends true
  ? { readonly params: Part<Id, 'params'> }
  : object) &
  (Needed<Part<Id, 'body'>> extends true ? { readonly body: Part<Id, 'body'> } : object) &
  (Needed<Part<Id, 'query'>> extends true ? { readonly query?: Part<Id, 'query'> } : object) & {
    readonly signal?: AbortSignal;
  };

type Answers<Id extends OperationId> = Routes[Id]['answers'];
type GoodStatus<Id extends OperationId> = keyof Answers<Id> & (200 | 202);

/** What an operation answers; text for those that answer no JSON. @public @since 0.1.0 */
export type Output<Id extends OperationId> = Answers<Id>[GoodStatus<Id>] extends {
  readonly schema: infer S extends TSchema;
}
  ? Static<S>
  : string;

type WithoutInput<Id extends OperationId> = Routes[Id] extends { readonly params: TSchema } | { readonly body: TSchema }
  ? false
  : true;

/** One method for each operation of the service. @public @since 0.1.0 */
export type Operations = {
  readonly [Id in Exclude<OperationId, 'streamEvents'>]: WithoutInput<Id> extends true
    ? (input?: Input<Id>) => Promise<Output<Id>>
    : (input: Input<Id>) => Promise<Output<Id>>;
};

/** An event of the stream, by its name. @public @since 0.1.0 */
export type ServiceEvent = {
  readonly [Name in EventName]: {
    readonly event: Name;
    /** There for what stands in an audit log. */
    readonly id?: string;
    readonly data: Static<(typeof EVENTS)[Name]>;
  };
}[EventName];

/** From where on events are asked for. @public @since 0.1.0 */
export interface EventsInput {
  readonly query?: Part<'streamEvents', 'query'>;
  /** Goes on behind this event. */
  readonly lastEventId?: string;
  readonly signal?: AbortSignal;
}

/** The client of a service. @public @since 0.1.0 */
export interface Client extends Operations {
  /** The stream, for as long as it is read; it reconnects by itself. */
  events(input?: EventsInput): AsyncGenerator<ServiceEvent, void, undefined>;
}

const DEFAULT_RETRY_MS = 30_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 3_000;
const MS_PER_SECOND = 1_000;
/** Not taken: it did not arrive in time, came too often, or the service is not ready. */
const LATER: ReadonlySet<number> = new Set([408, 429, 503]);

interface AnyInput {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly query?: Readonly<Record<string, unknown>>;
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/**
 * Makes a client; nothing is sent before the first call.
 *
 * @throws {TypeError} for an option that is unknown or cannot be taken, such as a `baseUrl` that is no address
 * @public @since 0.1.0
 */
export function createClient(options: ClientOptions): Client {
  checkOptions(options);
  const operations = Object.fromEntries(
    Object.keys(routes)
      .filter((id) => id !== 'streamEvents')
      .map((id) => [id, (input: AnyInput = {}) => call(options, id as OperationId, input)]),
  );
  return { ...operations, events: (input = {}) => events(options, input) } as unknown as Client;
}

/** Of what each option must be, in words and as a check; all but `baseUrl` may be left out. */
const OPTIONS: Readonly<Record<keyof ClientOptions, readonly [accepted: string, is: (value: unknown) => boolean]>> = {
  baseUrl: [
    "an address such as 'http://127.0.0.1:8090'",
    (value) => typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value),
  ],
  token: ['a text', (value) => value === undefined || typeof value === 'string'],
  retryForMs: [
    'a number of ms, 0 or more',
    (value) => value === undefined || (typeof value === 'number' && value >= 0),
  ],
  fetch: ['a function', (value) => value === undefined || typeof value === 'function'],
};

/** This module runs in browsers by itself, so it has the check of the other options in small. */
function checkOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`The options of createClient are ${shown(options)}; accepted is an object with baseUrl.`);
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(OPTIONS, name));
  if (unknown !== undefined)
    throw new TypeError(`createClient has no option ${unknown}; known are ${Object.keys(OPTIONS).join(', ')}.`);
  for (const [name, [accepted, is]] of Object.entries(OPTIONS)) {
    const value = (options as Readonly<Record<string, unknown>>)[name];
    const found = name === 'token' ? typeof value : shown(value);
    if (!is(value)) throw new TypeError(`${name} of createClient is ${found}; accepted is ${accepted}.`);
  }
}

const shown = (value: unknown): string => (value === undefined ? 'missing' : (JSON.stringify(value) ?? typeof value));

async function call(options: ClientOptions, id: OperationId, input: AnyInput): Promise<unknown> {
  const response = await send(options, id, input);
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return isJson && id !== 'getOpenApi' ? response.json() : response.text();
}

/** A good answer. @throws {ClientError} */
async function send(options: ClientOptions, id: OperationId, input: AnyInput): Promise<Response> {
  const { retryForMs = DEFAULT_RETRY_MS } = options;
  const route: RouteShape = routes[id];
  const path = pathOf(route, input);
  const mayRepeat = route.method === 'GET' || id === 'submitExecution';
  const end = Date.now() + (mayRepeat ? retryForMs : 0);
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(LONGEST_PAUSE_MS, 2 * pauseMs)) {
    try {
      const response = await once(options, route, path, input);
      // Readiness says by its status what it says in its body.
      if (response.ok || (id === 'getReadiness' && response.status === 503)) return response;
      const problem = await problemOf(response);
      const isLater = LATER.has(problem.status);
      const waitMs = Math.max(pauseMs, (problem.retryAfterSeconds ?? 0) * MS_PER_SECOND);
      if (!isLater || Date.now() + waitMs > end) throw problem;
      await pause(waitMs, input.signal);
    } catch (error) {
      if (error instanceof ClientError || input.signal?.aborted === true || Date.now() + pauseMs > end) throw error;
      await pause(pauseMs, input.signal);
    }
  }
}

function once(options: ClientOptions, route: RouteShape, path: string, input: AnyInput): Promise<Response> {
  const { baseUrl, token, fetch: given } = options;
  const { query = {}, body, signal } = input;
  const search = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, String(value)] as [string, string]],
    ),
  ).toString();
  const headers = {
    ...(token !== undefined && { Authorization: `Bearer ${token}` }),
    ...(body !== undefined && { 'Content-Type': 'application/json' }),
    ...(route.path === routes.streamEvents.path && { Accept: 'text/event-stream' }),
  };
  return (given ?? fetch)(`${baseUrl.replace(/\/$/, '')}${path}${search === '' ? '' : `?${search}`}`, {
    method: route.method,
    headers,
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  });
}

const pathOf = ({ path }: RouteShape, { params = {} }: AnyInput): string =>
  path.replaceAll(/:(\w+)/g, (_whole, name: string) => inPath(name, String(params[name])));

/** @throws {TypeError} for what a path cannot hold: it would ask for something else */
function inPath(name: string, value: string): string {
  if (value === '' || value === '.' || value === '..')
    throw new TypeError(`${name} is ${JSON.stringify(value)}, which cannot stand in a path.`);
  return encodeURIComponent(value);
}

async function problemOf(response: Response): Promise<ClientError> {
  const problem: unknown = await response.json().catch(() => ({}));
  return new ClientError(response.status, Object(problem) as Partial<ProblemBody>);
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}

async function* events(options: ClientOptions, input: EventsInput): AsyncGenerator<ServiceEvent, void, undefined> {
  let { lastEventId } = input;
  const { signal } = input;
  const isOver = (): boolean => signal?.aborted === true;
  while (!isOver()) {
    const query = { ...input.query, ...(lastEventId !== undefined && { lastEventId }) };
    const response = await send(options, 'streamEvents', { query, ...(signal !== undefined && { signal }) });
    try {
      for await (const event of eventsOf(response)) {
        lastEventId = event.id ?? lastEventId;
        yield event;
      }
    } catch (error) {
      if (isOver()) return;
      if (options.retryForMs === 0) throw error;
    }
    if (options.retryForMs === 0) return;
    await pause(FIRST_PAUSE_MS, signal).catch(() => undefined);
  }
}

async function* eventsOf(response: Response): AsyncGenerator<ServiceEvent, void, undefined> {
  if (response.body === null) return;
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const read = eventOf(block);
      if (read !== undefined) yield read;
    }
  }
}

function eventOf(block: string): ServiceEvent | undefined {
  const fields = new Map(
    block.split('\n').flatMap((line) => {
      const at = line.indexOf(': ');
      return at <= 0 ? [] : [[line.slice(0, at), line.slice(at + 2)] as const];
    }),
  );
  const [event, data, id] = [fields.get('event'), fields.get('data'), fields.get('id')];
  if (event === undefined || data === undefined) return undefined;
  return { event, data: JSON.parse(data), ...(id !== undefined && { id }) } as ServiceEvent;
}
