/**
 * The HTTP server: every route of the table, with its checks around it.
 *
 * 1. The order is: where the request comes from, who calls, how often, what is asked; then the handler.
 * 2. What a handler throws is an answer: a refusal with its code, anything else `INTERNAL_ERROR`, logged with the request's id.
 * 3. A query that a route does not take is refused like any other name that is not known.
 */
import { randomUUID } from 'node:crypto';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { JournalError } from '../../adapters/journals/journal-error.js';
import type { Logger } from '../../domain/ports.js';
import { causeOf, sentence } from '../../domain/reading.js';
import { FillchartError, type ReasonCode } from '../../domain/reasons.js';
import { isDamage } from '../../journal/damage.js';
import { type OperationId, type RouteShape, routes } from '../api/routes.js';
import { isPreflight, PREFLIGHT_HEADERS } from '../security/guard.js';
import type { Identity } from '../security/identity.js';
import { type Call, type Handler, type HandlerAnswer, type Handlers, TAKEN_OVER } from './call.js';
import { type CheckPart, partCheck } from './checked-request.js';
import { parseBody, textOf } from './exact-body.js';
import { assertOneReading } from './one-reading.js';
import { Refusal, refuse } from './refusal.js';
import { answerUnreadable } from './unreadable.js';

interface ServerParts {
  readonly handlers: Handlers;
  readonly logger: Logger | false;
  readonly bodyBytes: number;
  readonly basePath: string;
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string } | undefined;
  /** Where the request comes from, and what every answer carries. @throws {Refusal} */
  readonly guard: (request: FastifyRequest, reply: FastifyReply) => void;
  /** @throws {Refusal} */
  readonly identify: (request: FastifyRequest, route: RouteShape) => Identity;
  /** Told of every answer. */
  readonly onAnswer: (seen: Answered) => void;
  /** Answers what no route takes: the files of the console. False when there is nothing. */
  readonly page: (request: FastifyRequest, reply: FastifyReply) => boolean;
}

export interface Answered {
  readonly operation: OperationId | undefined;
  readonly request: FastifyRequest;
  readonly identity: Identity | undefined;
  readonly status: number;
  readonly code: ReasonCode | undefined;
  readonly durationMs: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    identity?: Identity;
    operation?: OperationId;
    refusedWith?: ReasonCode;
  }
}

const MAX_PARAM_LENGTH = 1_024;
const REQUEST_TIMEOUT_MS = 60_000;

export function server(parts: ServerParts): FastifyInstance {
  const { bodyBytes, tls, guard, onAnswer } = parts;
  const app = fastify({
    logger: false,
    bodyLimit: bodyBytes,
    // Who sends slowly holds a socket for this long, no longer.
    requestTimeout: REQUEST_TIMEOUT_MS,
    genReqId: requestId,
    requestIdHeader: false,
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH, caseSensitive: true, ignoreTrailingSlash: false },
    return503OnClosing: false,
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      void reply.header('X-Request-Id', request.id);
      void sendProblem(refusalOf(error, request, parts.logger), request, reply);
    },
    clientErrorHandler: answerUnreadable,
    forceCloseConnections: true,
    ...(tls !== undefined && { https: tls }),
  } as Parameters<typeof fastify>[0]) as unknown as FastifyInstance;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => {
    payload.resume();
    done(refuse('UNSUPPORTED_MEDIA_TYPE', 'The body must be application/json.'));
  });
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes, done) => {
    try {
      done(null, parseBody(textOf(bytes as Buffer)));
    } catch (error) {
      done(error as Error);
    }
  });
  app.setValidatorCompiler(() => () => true);
  app.setSerializerCompiler(() => JSON.stringify);
  app.addHook('onRequest', async (request, reply) => {
    void reply.header('X-Request-Id', request.id);
    assertOneReading(request);
    guard(request, reply);
    if (isPreflight(request)) return reply.headers(PREFLIGHT_HEADERS).code(204).send();
    return undefined;
  });
  app.addHook('onResponse', async (request, reply) => {
    const { operation, identity, refusedWith: code } = request;
    onAnswer({ operation, request, identity, status: reply.statusCode, code, durationMs: reply.elapsedTime });
  });
  app.setErrorHandler((error, request, reply) => sendProblem(refusalOf(error, request, parts.logger), request, reply));
  app.setNotFoundHandler((request, reply) => {
    if ((request.method === 'GET' || request.method === 'HEAD') && parts.page(request, reply)) return;
    throw nothingAt(request, reply, app, parts.basePath);
  });
  for (const [operation, route] of Object.entries(routes) as [OperationId, RouteShape][])
    addRoute(app, operation, route, parts);
  return app;
}

/** Taken from the caller where it is short and plain, so that both sides can look for the same one. */
function requestId(request: { headers: Readonly<Record<string, string | string[] | undefined>> }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
}

function addRoute(app: FastifyInstance, operation: OperationId, route: RouteShape, parts: ServerParts): void {
  const checks = checksOf(operation, route);
  const handler = parts.handlers[operation] as Handler<OperationId>;
  app.route({
    method: route.method,
    url: `${parts.basePath}${route.path}`,
    onRequest: async (request) => {
      request.operation = operation;
      request.identity = parts.identify(request, route);
    },
    handler: async (request, reply) => {
      const control = new AbortController();
      reply.raw.once('close', () => control.abort());
      const { identity } = request;
      if (identity === undefined) throw refuse('UNAUTHENTICATED', 'There is no token.');
      const call = { ...checks(request), identity, request, reply, signal: control.signal } as Call<OperationId>;
      return send(await handler(call), reply);
    },
  });
}

function send(given: HandlerAnswer, reply: FastifyReply): FastifyReply {
  if (given === TAKEN_OVER) return reply.sent || reply.raw.destroyed ? reply : reply.hijack();
  if ('text' in given) return reply.code(given.status).type(given.contentType).send(given.text);
  return reply.code(given.status).type('application/json; charset=utf-8').send(JSON.stringify(given.body));
}

type CheckedParts = Pick<Call<OperationId>, 'params' | 'query' | 'body'>;

/** An advisory is not checked here: the library reads it, and its codes and sentences are the answer. */
function checksOf(operation: OperationId, route: RouteShape): (request: FastifyRequest) => CheckedParts {
  const none: CheckPart = (value) => value;
  const params = route.params === undefined ? none : partCheck(route.params, true);
  const query = route.query === undefined ? refuseAnyQuery : partCheck(route.query, true);
  const isJudgedLater = route.body === undefined || operation === 'submitExecution';
  const body = isJudgedLater || route.body === undefined ? none : partCheck(route.body, false);
  return (request) =>
    ({
      params: params(request.params),
      query: query(request.query),
      body: body(request.body),
    }) as unknown as CheckedParts;
}

function refuseAnyQuery(given: unknown): unknown {
  const [name] = Object.keys((given as object | null) ?? {});
  if (name !== undefined)
    throw refuse('INVALID_REQUEST', `"${name}" is not known; this takes no query.`, { field: name });
  return {};
}

function nothingAt(request: FastifyRequest, reply: FastifyReply, app: FastifyInstance, basePath: string): Refusal {
  const path = request.url.split('?')[0] ?? '';
  const others = (['GET', 'POST'] as const).filter(
    (method) => method !== request.method && app.findRoute({ method, url: path }) !== null,
  );
  const allowed = others.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
  if (others.length > 0) void reply.header('Allow', allowed);
  if (others.length > 0) return refuse('METHOD_NOT_ALLOWED', `${path} takes ${others.join(', ')} only.`);
  return refuse('NOT_FOUND', `There is nothing at ${path}; the interface is described at ${basePath}/docs.`);
}

/** The field that a sentence of the library begins with, such as `reason is missing`. */
const fieldIn = (message: string): string | undefined => /^([a-z]\w*) is /.exec(message)?.[1];

const FASTIFY_CODES: Readonly<Record<string, ReasonCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'BODY_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'UNSUPPORTED_MEDIA_TYPE',
};

function refusalOf(error: unknown, request: FastifyRequest, logger: Logger | false): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof FillchartError) return refuse(error.code, error.message, { field: fieldIn(error.message) });
  if (error instanceof JournalError || isDamage(error))
    return refuse('JOURNAL_UNAVAILABLE', `The journal cannot be read: ${sentence(causeOf(error))}`);
  const { code = '', statusCode = 500 } = error as { code?: string; statusCode?: number };
  const known = FASTIFY_CODES[code];
  if (known === 'BODY_TOO_LARGE')
    return refuse(known, `The body is too large; accepted are at most ${request.routeOptions.bodyLimit} bytes.`);
  if (known !== undefined) return refuse(known, `${causeOf(error)}.`);
  if (statusCode >= 400 && statusCode < 500) return refuse('INVALID_REQUEST', `${causeOf(error)}.`);
  const fields = {
    requestId: request.id,
    path: request.url,
    cause: error instanceof Error ? error.stack : String(error),
  };
  if (logger !== false) logger.error(fields, 'a request ended in a defect');
  return refuse('INTERNAL_ERROR', `A defect of the service; the log names it under the request id ${request.id}.`);
}

function sendProblem(refusal: Refusal, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { code, status, message, field, retryAfterSeconds } = refusal;
  request.refusedWith = code;
  if (retryAfterSeconds !== undefined) void reply.header('Retry-After', String(retryAfterSeconds));
  if (status === 401) void reply.header('WWW-Authenticate', 'Bearer realm="fillchart"');
  const problem = {
    code,
    message,
    ...(field !== undefined && { field }),
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    requestId: request.id,
  };
  return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(problem));
}
