/**
 * Every route, once: the server, the OpenAPI document, the client, the documents and the tests read this table.
 *
 * 1. `role` is the least role that may call it; `public` needs no token.
 * 2. A query or a body that names what is not here is refused.
 */
import { type TObject, type TSchema, Type } from '@sinclair/typebox';
import { AUDIT_EVENTS } from '../../domain/audit.js';
import { ExecutionStage } from '../../domain/result.js';
import { Account, AdvisoryId, Page, Problem, SymbolName, Words } from './common.js';
import * as controls from './controls.js';
import { TOPICS } from './events.js';
import * as executions from './executions.js';
import type { Role } from './system.js';
import * as system from './system.js';

interface Answer {
  readonly description: string;
  /** Absent for an answer that is no JSON. */
  readonly schema?: TSchema;
  readonly contentType?: string;
}

/** The shape of one operation of the HTTP interface. @beta @since 0.1.0 */
export interface RouteShape {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  readonly role: Role | 'public';
  readonly params?: TObject;
  readonly query?: TObject;
  readonly body?: TSchema;
  readonly answers: Readonly<Record<number, Answer>>;
}

const ok = <T extends TSchema>(schema: T, description = 'Done.') => ({ description, schema });
const query = <T extends Parameters<typeof Type.Object>[0]>(members: T) =>
  Type.Object(members, { additionalProperties: false });
const problem = (description: string) => ({ description, schema: Problem });

const NO_TOKEN = {
  401: problem('No token, or one that is not known.'),
  403: problem('The role does not allow it, or the request comes from where it must not.'),
} as const;
const COMMON = {
  ...NO_TOKEN,
  400: problem('The request cannot be read.'),
  429: problem('Too many requests with this token; `Retry-After` says when.'),
} as const;
/** What a body can come to. */
const BODY = {
  413: problem('The body is too large.'),
  415: problem('The body is no JSON.'),
} as const;
/** What a request can come to that needs no token. */
const PUBLIC = {
  400: problem('The request cannot be read.'),
  403: problem('The request comes from where it must not.'),
  429: problem('Too many wrong tokens; `Retry-After` says when.'),
} as const;
const NOT_FOUND = { 404: problem('There is no such thing.') } as const;
const NOT_READY = {
  503: problem('Not ready; nothing was recorded. `Retry-After` says when to send it again.'),
} as const;

const account = Type.Optional(Account);
const symbol = Type.Optional(SymbolName);
const oneAccount = {
  account: Type.Optional(Type.String({ ...Account, description: 'Needed where several accounts have the id.' })),
};
const ORDER = Type.Optional(Words(['desc', 'asc'], 'Newest first by default.'));

/** Every operation of the HTTP interface. @beta @since 0.1.0 */
export const routes = {
  submitExecution: {
    method: 'POST',
    path: '/v1/executions',
    summary: 'Executes an advisory. The same advisory again gets the same execution.',
    role: 'trader',
    query: query({
      account,
      wait: Type.Optional(Words(['result'], '`result` waits for the result.')),
      again: Type.Optional(Words(['true'], 'Runs an advisory once more that was refused before anything left.')),
    }),
    body: executions.AdvisoryInput,
    answers: {
      200: ok(
        executions.ExecutionDetail,
        'The same advisory was sent before; or, with `wait=result`, the result is there.',
      ),
      202: ok(executions.ExecutionDetail, 'Taken and recorded.'),
      ...COMMON,
      409: problem('Another advisory was executed under this id: `ADVISORY_CONFLICT`.'),
      ...BODY,
      422: problem('The advisory is not acceptable: code, field and a sentence. Nothing was recorded.'),
      ...NOT_READY,
    },
  },
  listExecutions: {
    method: 'GET',
    path: '/v1/executions',
    summary: 'Lists executions.',
    role: 'viewer',
    query: query({
      account,
      symbol,
      status: Type.Optional(Words(Object.values(ExecutionStage))),
      group: Type.Optional(Words(executions.EXECUTION_GROUPS)),
      needsAttention: Type.Optional(Words(['true', 'false'])),
      search: Type.Optional(Type.String({ maxLength: 64, description: 'Part of the advisory id or the symbol.' })),
      order: ORDER,
      ...Page,
    }),
    answers: { 200: ok(executions.ExecutionPage), ...COMMON, ...NOT_FOUND, ...NOT_READY },
  },
  getExecution: {
    method: 'GET',
    path: '/v1/executions/:advisoryId',
    summary: 'One execution with its advisory.',
    role: 'viewer',
    params: Type.Object({ advisoryId: AdvisoryId }),
    query: query({
      ...oneAccount,
      wait: Type.Optional(Words(['result'], '`result` waits for the result.')),
    }),
    answers: { 200: ok(executions.ExecutionDetail), ...COMMON, ...NOT_FOUND, ...NOT_READY },
  },
  getExecutionAudit: {
    method: 'GET',
    path: '/v1/executions/:advisoryId/audit',
    summary: 'The audit records of one execution, oldest first.',
    role: 'viewer',
    params: Type.Object({ advisoryId: AdvisoryId }),
    query: query(oneAccount),
    answers: { 200: ok(executions.AuditPage), ...COMMON, ...NOT_FOUND, ...NOT_READY },
  },
  getExecutionReplay: {
    method: 'GET',
    path: '/v1/executions/:advisoryId/replay',
    summary: 'The recorded life of one execution, folded through the chart once more.',
    role: 'viewer',
    params: Type.Object({ advisoryId: AdvisoryId }),
    query: query(oneAccount),
    answers: { 200: ok(executions.Replay), ...COMMON, ...NOT_FOUND, ...NOT_READY },
  },
  getExecutionLife: {
    method: 'GET',
    path: '/v1/executions/:advisoryId/life',
    summary:
      'The recorded life as the charts show it: transitions taken, messages, changes of what is known; its exits too.',
    role: 'viewer',
    params: Type.Object({ advisoryId: AdvisoryId }),
    query: query(oneAccount),
    answers: { 200: ok(executions.Lives), ...COMMON, ...NOT_FOUND, ...NOT_READY },
  },
  listAudit: {
    method: 'GET',
    path: '/v1/audit',
    summary: 'Audit records, newest first.',
    role: 'viewer',
    query: query({
      account,
      event: Type.Optional(Words(AUDIT_EVENTS)),
      advisoryId: Type.Optional(AdvisoryId),
      order: ORDER,
      ...Page,
    }),
    answers: { 200: ok(executions.AuditPage), ...COMMON, ...NOT_FOUND, ...NOT_READY },
  },
  listPositions: {
    method: 'GET',
    path: '/v1/positions',
    summary: 'Positions with their exits.',
    role: 'viewer',
    query: query({
      account,
      symbol,
      open: Type.Optional(Words(['true', 'false'])),
      ...Page,
    }),
    answers: { 200: ok(controls.PositionPage), ...COMMON, ...NOT_FOUND, ...NOT_READY },
  },
  listCases: {
    method: 'GET',
    path: '/v1/cases',
    summary: 'Cases, newest first; those that are open unless told otherwise.',
    role: 'viewer',
    query: query({
      account,
      symbol,
      open: Type.Optional(Words(['true', 'false', 'all'], '`true` by default.')),
      ...Page,
    }),
    answers: { 200: ok(controls.CasePage), ...COMMON, ...NOT_FOUND, ...NOT_READY },
  },
  resolveCase: {
    method: 'POST',
    path: '/v1/cases/:caseId/resolve',
    summary: 'Closes a case.',
    role: 'operator',
    params: Type.Object({ caseId: Type.String({ minLength: 1, maxLength: 64 }) }),
    query: query(oneAccount),
    body: controls.Resolution,
    answers: {
      200: ok(controls.Case),
      ...COMMON,
      ...BODY,
      404: problem('There is no case with this id: `UNKNOWN_CASE`.'),
      409: problem('Somebody has resolved it already: `UNKNOWN_CASE`, with who, when and why.'),
      422: problem('The resolution is not acceptable.'),
      ...NOT_READY,
    },
  },
  resolveCases: {
    method: 'POST',
    path: '/v1/cases/resolve',
    summary: 'Closes several cases. Those that cannot be closed are named; the others are closed.',
    role: 'operator',
    body: controls.ManyResolution,
    answers: {
      200: ok(controls.Resolved),
      ...COMMON,
      ...BODY,
      ...NOT_FOUND,
      422: problem('The resolution is not acceptable.'),
      ...NOT_READY,
    },
  },
  listSwitches: {
    method: 'GET',
    path: '/v1/kill-switches',
    summary: 'The kill switches: one set for all accounts.',
    role: 'viewer',
    answers: { 200: ok(controls.SwitchList), ...COMMON, ...NOT_READY },
  },
  setSwitch: {
    method: 'POST',
    path: '/v1/kill-switches',
    summary: 'Sets a kill switch. The gate is closed, and the cancels are on their way, when the answer comes.',
    role: 'trader',
    body: controls.SwitchSetting,
    answers: {
      200: ok(controls.SwitchChanged),
      202: ok(controls.ReleaseRequested, 'Lowering GLOBAL waits for a second person.'),
      ...COMMON,
      ...BODY,
      409: problem('A case in its scope is open: `KILL_SWITCH_RELEASE_REFUSED`; or the same person asked before.'),
      422: problem('The change is not acceptable: `INVALID_KILL_SWITCH`.'),
      ...NOT_READY,
    },
  },
  releaseSwitch: {
    method: 'POST',
    path: '/v1/kill-switches/release',
    summary: 'Turns a kill switch off.',
    role: 'operator',
    body: controls.SwitchRelease,
    answers: {
      200: ok(controls.SwitchChanged),
      202: ok(controls.ReleaseRequested, 'Releasing GLOBAL waits for a second person.'),
      ...COMMON,
      ...BODY,
      404: problem('No such switch is set.'),
      409: problem('A case in its scope is open: `KILL_SWITCH_RELEASE_REFUSED`; or the same person asked before.'),
      422: problem('The change is not acceptable: `INVALID_KILL_SWITCH`.'),
      ...NOT_READY,
    },
  },
  listSwitchHistory: {
    method: 'GET',
    path: '/v1/kill-switches/history',
    summary: 'What was set and released, newest first.',
    role: 'viewer',
    query: query(Page),
    answers: { 200: ok(controls.SwitchHistory), ...COMMON, ...NOT_READY },
  },
  sweep: {
    method: 'POST',
    path: '/v1/sweep',
    summary: 'Compares orders and positions at the broker with the journal, and opens cases. Corrects nothing.',
    role: 'operator',
    query: query({ account }),
    answers: { 200: ok(controls.SweepReports), ...COMMON, ...BODY, ...NOT_FOUND, ...NOT_READY },
  },
  listLimits: {
    method: 'GET',
    path: '/v1/limits',
    summary: 'The limits of each account, and how they stand.',
    role: 'viewer',
    query: query({ account }),
    answers: { 200: ok(controls.LimitList), ...COMMON, ...NOT_FOUND, ...NOT_READY },
  },
  listAccounts: {
    method: 'GET',
    path: '/v1/accounts',
    summary: 'The accounts, and whether each is ready.',
    role: 'viewer',
    answers: { 200: ok(controls.AccountList), ...COMMON },
  },
  streamEvents: {
    method: 'GET',
    path: '/v1/events',
    summary: 'What happens, as server-sent events; goes on behind `Last-Event-ID`.',
    role: 'viewer',
    query: query({
      account,
      advisoryId: Type.Optional(AdvisoryId),
      topics: Type.Optional(
        Type.String({
          maxLength: 200,
          description: `Separated by commas, of ${Object.keys(TOPICS).join(', ')}; all by default.`,
        }),
      ),
      lastEventId: Type.Optional(
        Type.String({ maxLength: 4_096, description: 'As the header, for who cannot send it.' }),
      ),
    }),
    answers: {
      200: { description: 'The stream.', contentType: 'text/event-stream' },
      ...COMMON,
      ...NOT_FOUND,
      ...NOT_READY,
    },
  },
  getSession: {
    method: 'GET',
    path: '/v1/session',
    summary: 'Who the token is for, and what it may do.',
    role: 'viewer',
    answers: { 200: ok(system.Session), ...COMMON },
  },
  listAccess: {
    method: 'GET',
    path: '/v1/access',
    summary: 'Who did what: the latest calls that changed something, or were refused, newest first.',
    role: 'operator',
    query: query({ limit: Page.limit }),
    answers: { 200: ok(system.AccessLog), ...COMMON },
  },
  listReasons: {
    method: 'GET',
    path: '/v1/reasons',
    summary: 'The registry of codes.',
    role: 'viewer',
    answers: { 200: ok(system.ReasonList), ...COMMON },
  },
  getHealth: {
    method: 'GET',
    path: '/healthz',
    summary: 'The process answers.',
    role: 'public',
    answers: { 200: ok(system.Health), ...PUBLIC },
  },
  getReadiness: {
    method: 'GET',
    path: '/readyz',
    summary: 'Whether every account has its broker connected, its journal writable and its start sweep over.',
    role: 'public',
    answers: { 200: ok(system.Readiness, 'Ready.'), 503: ok(system.Readiness, 'Not ready.'), ...PUBLIC },
  },
  getMetrics: {
    method: 'GET',
    path: '/metrics',
    summary: 'Figures for Prometheus.',
    role: 'viewer',
    answers: { 200: { description: 'Prometheus text format.', contentType: 'text/plain' }, ...COMMON },
  },
  getOpenApi: {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This interface as an OpenAPI 3.1 document.',
    role: 'public',
    answers: { 200: { description: 'The document.', contentType: 'application/json' }, ...PUBLIC },
  },
  getDocs: {
    method: 'GET',
    path: '/docs',
    summary: 'This interface as a page.',
    role: 'public',
    answers: { 200: { description: 'The page.', contentType: 'text/html' }, ...PUBLIC },
  },
} as const satisfies Record<string, RouteShape>;

export type Routes = typeof routes;
/** An operation of the HTTP interface. @beta @since 0.1.0 */
export type OperationId = keyof Routes;
