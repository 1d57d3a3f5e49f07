/**
 * Executions: submit, list, look at.
 *
 * 1. The advisory's id is the caller's key: the same advisory again gets the same execution, before and after a restart (E1).
 * 2. What can be refused by looking at the advisory alone is refused with 422 and recorded nowhere: the id stays free.
 * 3. Nothing new is taken while the account is not ready; what is known is answered all the same.
 */

import { journalLives } from '../../charts/interactive/journal-lives.js';
import { attempt, sentence } from '../../domain/reading.js';
import type { ExecutionResult } from '../../domain/result.js';
import { type FrozenSnapshot, readSnapshot, snapshotHash } from '../../domain/snapshot.js';
import { firstRefusal } from '../../domain/validation.js';
import type { Execution as Handle } from '../../index.js';
import { replayExecution } from '../../journal/replay.js';
import type { OpenAccount } from '../accounts/account.js';
import { answer, type Call, type Handler, type HandlerAnswer, TAKEN_OVER } from '../http/call.js';
import { refuse } from '../http/refusal.js';
import { type Around, groupOf } from '../views/execution-view.js';
import type { ListEntry } from '../views/finished.js';
import { DEFAULT_LIMIT, padded, pageOf } from './paging.js';
import { type HandlerParts, whyNotReady } from './parts.js';

interface Submission {
  readonly account: OpenAccount;
  readonly snapshot: FrozenSnapshot;
  readonly again: boolean;
}

export function submitExecution(parts: HandlerParts): Handler<'submitExecution'> {
  return async ({ query, body, signal }) => {
    const { account: named, ...advisory } = Object(body) as Record<string, unknown>;
    const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
    const account = parts.accounts.one(accountName(query.account, named));
    const snapshot = readable(isObject ? advisory : body);
    const submission = { account, snapshot, again: query.again === 'true' };
    const known = account.engine.execution(snapshot.advisoryId);
    const isKnown = known !== undefined && !(submission.again && mayRunAgain(known));
    const handle = isKnown ? await sameOrConflict(known, submission) : await begin(parts, submission);
    const waited = query.wait === 'result' ? await resultOf(handle, signal) : undefined;
    if (waited === 'gone') return TAKEN_OVER;
    return told(parts, account, snapshot.advisoryId, isKnown || waited !== undefined ? 200 : 202);
  };
}

function accountName(ofQuery: string | undefined, ofBody: unknown): string | undefined {
  if (ofBody === undefined) return ofQuery;
  if (typeof ofBody !== 'string' || (ofQuery !== undefined && ofQuery !== ofBody))
    throw refuse('UNKNOWN_ACCOUNT', 'account of the body is not a name, or not the one of the query.', {
      field: 'account',
    });
  return ofBody;
}

/** What every client takes out of a path: an execution of this name could not be looked at. */
const DOTS: ReadonlySet<string> = new Set(['.', '..']);

/** @throws {Refusal} 422 with the library's code, field and sentence */
function readable(advisory: unknown): FrozenSnapshot {
  const { fields, problems } = readSnapshot(advisory);
  // Time and gate are the engine's to judge: an advisory that was executed in time is known for ever.
  const gate = { now: Number.NEGATIVE_INFINITY, killSwitchState: 'OFF' } as const;
  const refusal = firstRefusal(fields, problems, gate);
  if (refusal === undefined && DOTS.has(fields.advisoryId ?? ''))
    throw refuse(
      'INVALID_ADVISORY_ID',
      `advisoryId is ${fields.advisoryId}; accepted is one that can stand in a path.`,
      {
        field: 'advisoryId',
      },
    );
  if (refusal === undefined) return fields as FrozenSnapshot;
  const { code, field, message } = refusal;
  throw refuse(code, message, { status: 422, ...(field !== undefined && field !== '' && { field }) });
}

const mayRunAgain = ({ actor }: Handle): boolean => {
  const { result } = actor.getSnapshot().context;
  return result?.status === 'REJECTED' && result.attempts.length === 0;
};

/** The execution that is known, for the same advisory. The engine words, and records, the conflict. */
async function sameOrConflict(known: Handle, { account, snapshot }: Submission): Promise<Handle> {
  if (snapshotHash(known.snapshot) === snapshotHash(snapshot)) {
    refuseLost(account, known);
    return known;
  }
  const { errorMessage } = await account.engine.execute(snapshot);
  throw refuse('ADVISORY_CONFLICT', errorMessage ?? 'Another advisory was executed under this id.', {
    field: 'advisoryId',
  });
}

async function begin(parts: HandlerParts, { account, snapshot, again }: Submission): Promise<Handle> {
  const notReady = whyNotReady(parts, account);
  if (notReady !== undefined) throw refuse('NOT_READY', notReady);
  const expired = firstRefusal(snapshot, [], { now: parts.clock.now(), killSwitchState: 'OFF' });
  if (expired !== undefined)
    throw refuse(expired.code, expired.message, {
      status: 422,
      ...(expired.field !== undefined && { field: expired.field }),
    });
  account.options.onAdvisory?.(snapshot);
  parts.starts.expect(account.name, snapshot.advisoryId);
  const handle = account.engine.start(snapshot, again ? { again } : undefined);
  parts.views.sawStart(account, handle);
  const outcome = await parts.starts.settled(account.name, handle);
  if (outcome.kind === 'lost')
    throw refuse('NOT_READY', 'Nobody can tell whether it was taken. Send the very same again: it runs once (E1).');
  if (outcome.kind === 'over') refuseUnrecorded(outcome.result);
  if (outcome.kind === 'recorded') refuseLost(account, handle);
  return handle;
}

/** What the journal does not have did not happen: no order left, and whoever sends it again after a restart starts anew. */
function refuseLost({ engine, lookup }: OpenAccount, { advisoryId }: Handle): void {
  const cause = engine.metrics().journalFailure;
  if (cause === undefined || (attempt(() => lookup().ofAdvisory(advisoryId)) ?? []).length > 0) return;
  throw refuse('JOURNAL_UNAVAILABLE', `The journal cannot be written to: ${sentence(cause)} No order was sent.`);
}

/** What the journal did not take is as if it had not been sent. */
function refuseUnrecorded({ reason, errorMessage }: ExecutionResult): void {
  if (reason === 'JOURNAL_UNAVAILABLE')
    throw refuse('JOURNAL_UNAVAILABLE', errorMessage ?? 'The journal cannot be written to.');
}

/** The result; `gone` when the caller has gone away before. */
async function resultOf({ result }: Handle, signal: AbortSignal): Promise<ExecutionResult | 'gone'> {
  const gone = new Promise<'gone'>((resolve) => {
    if (signal.aborted) resolve('gone');
    signal.addEventListener('abort', () => resolve('gone'), { once: true });
  });
  try {
    return await Promise.race([result, gone]);
  } catch {
    // The engine was closed: the execution goes on with the next process.
    throw refuse('NOT_READY', 'The service is going down; ask again when it is back: the execution goes on.');
  }
}

function told({ views }: HandlerParts, account: OpenAccount, advisoryId: string, status: number): HandlerAnswer {
  const view = views.executionDetail(account, advisoryId);
  if (view === undefined) throw refuse('UNKNOWN_EXECUTION', `There is no execution of ${JSON.stringify(advisoryId)}.`);
  return answer(view, status);
}

/** The account that holds the execution. @throws {Refusal} where none does, or more than one */
function holderOf({ accounts }: HandlerParts, advisoryId: string, named: string | undefined): OpenAccount {
  const holders = accounts.open(named).filter(({ engine }) => engine.execution(advisoryId) !== undefined);
  const [only] = holders;
  if (holders.length > 1) {
    const names = holders.map(({ name }) => name).join(', ');
    throw refuse('INVALID_REQUEST', `account is missing: ${JSON.stringify(advisoryId)} is in ${names}.`, {
      field: 'account',
    });
  }
  if (only !== undefined) return only;
  const opening = named === undefined ? accounts.all.filter(({ engine }) => engine === undefined) : [];
  if (opening.length > 0) throw refuse('NOT_READY', opening.flatMap((one) => one.problems()).join(' '));
  throw refuse('UNKNOWN_EXECUTION', `There is no execution of ${JSON.stringify(advisoryId)}.`);
}

export function getExecution(parts: HandlerParts): Handler<'getExecution'> {
  return async ({ params: { advisoryId }, query, signal }) => {
    const account = holderOf(parts, advisoryId, query.account);
    const handle = account.engine.execution(advisoryId);
    if (query.wait === 'result' && handle !== undefined && (await resultOf(handle, signal)) === 'gone')
      return TAKEN_OVER;
    return told(parts, account, advisoryId, 200);
  };
}

export function getExecutionAudit(parts: HandlerParts): Handler<'getExecutionAudit'> {
  return ({ params: { advisoryId }, query }) => {
    const { name, engine } = holderOf(parts, advisoryId, query.account);
    const own = engine.auditOf(advisoryId);
    return answer({ records: own.map((record) => ({ account: name, ...record })) });
  };
}

export function listExecutions(parts: HandlerParts): Handler<'listExecutions'> {
  return ({ query }) => {
    const found = (after: string | undefined) =>
      parts.accounts.open(query.account).flatMap((account) => chosenOf(parts, account, query, after));
    const key = ({ one }: ListedExecution): string => one.place;
    const descending = query.order !== 'asc';
    const { entries, nextCursor } = pageOf(found, { list: 'executions', key, descending }, query);
    const executions = entries.flatMap(
      ({ account, one, around }) => parts.views.execution(account, one.advisoryId, around(one.advisoryId)) ?? [],
    );
    return answer({ executions, ...(nextCursor !== undefined && { nextCursor }) });
  };
}

interface ListedExecution {
  readonly account: OpenAccount;
  readonly one: ListEntry;
  readonly around: (advisoryId: string) => Around;
}

type ListQuery = Call<'listExecutions'>['query'];

/** As much as a page holds of what is live, and of what is over: no more is looked at, and there may be thousands. */
function chosenOf({ views }: HandlerParts, account: OpenAccount, query: ListQuery, after: string | undefined) {
  const { limit = DEFAULT_LIMIT, order } = query;
  const around = views.around(account);
  const lists = views.executionList(account);
  return [lists.finished, lists.live].flatMap((list) => {
    const found: ListedExecution[] = [];
    for (const one of list.walk({ descending: order !== 'asc', after })) {
      if (found.length > limit) break;
      const listed = { account, one, around };
      if (isChosen(listed, query)) found.push(listed);
    }
    return found;
  });
}

/** What surrounds it is looked up only where the choice depends on it. */
function isChosen({ account, one, around }: ListedExecution, query: ListQuery): boolean {
  const { symbol, status, group, needsAttention, search } = query;
  if (symbol !== undefined && one.symbol !== symbol) return false;
  if (search !== undefined && !`${one.advisoryId}\n${one.symbol}`.toLowerCase().includes(search.toLowerCase()))
    return false;
  if (needsAttention === undefined && group === undefined && status === undefined) return true;
  const surrounds = around(one.advisoryId);
  const stands = standsNow(account, one, surrounds);
  if (status !== undefined && stands.status !== status) return false;
  const needs = surrounds.openCases.length > 0;
  if (needsAttention !== undefined && needs !== (needsAttention === 'true')) return false;
  return group === undefined || groupOf(stands.isOver, surrounds) === group;
}

function standsNow({ engine }: OpenAccount, { advisoryId, status }: ListEntry, { isWaiting }: Around) {
  if (status !== undefined) return { status, isOver: true };
  const handle = engine.execution(advisoryId);
  // Looking at the chart of what waits would make the host that it waits for.
  const isOver = !isWaiting && handle?.actor.getSnapshot().context.result !== undefined;
  return { status: handle?.stage, isOver };
}

export function listAudit(parts: HandlerParts): Handler<'listAudit'> {
  return ({ query }) => {
    const { event, advisoryId, order } = query;
    const found = parts.accounts.open(query.account).flatMap(({ name, engine }) =>
      engine.executionLogs
        .filter((record) => event === undefined || record.event === event)
        .filter((record) => advisoryId === undefined || record.advisoryId === advisoryId)
        .map((record) => ({ account: name, ...record })),
    );
    const key = ({ timestamp, account, seq }: (typeof found)[number]) => `${timestamp} ${account} ${padded(seq)}`;
    const { entries, nextCursor } = pageOf(found, { list: 'audit', key, descending: order !== 'asc' }, query);
    return answer({ records: entries, ...(nextCursor !== undefined && { nextCursor }) });
  };
}

export function getExecutionReplay(parts: HandlerParts): Handler<'getExecutionReplay'> {
  return async ({ params: { advisoryId }, query }) => {
    const account = holderOf(parts, advisoryId, query.account);
    const replay = replayExecution(account.lookup().ofAdvisory(advisoryId), advisoryId);
    if (replay === undefined)
      throw refuse('UNKNOWN_EXECUTION', `The journal does not hold ${JSON.stringify(advisoryId)}.`);
    const steps = replay.steps.map(({ fact, ...step }) => ({ ...step, fact: fact.type, data: fact }));
    const { verdict, result } = replay;
    return answer({ account: account.name, advisoryId, verdict, steps, ...(result !== undefined && { result }) });
  };
}

export function getExecutionLife(parts: HandlerParts): Handler<'getExecutionLife'> {
  return ({ params: { advisoryId }, query }) => {
    const account = holderOf(parts, advisoryId, query.account);
    const found = journalLives(account.lookup().ofAdvisory(advisoryId), advisoryId);
    if (found === undefined)
      throw refuse('UNKNOWN_EXECUTION', `The journal does not hold ${JSON.stringify(advisoryId)}.`);
    return answer({ account: account.name, advisoryId, lives: found.lives });
  };
}
