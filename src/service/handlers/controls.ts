/**
 * Positions, cases, kill switches, limits and sweeps.
 *
 * 1. Who does something is whom the token is for; what the body says of it counts only where there are no tokens.
 * 2. A trader may stop; only an operator lets go again. Lowering an ACTIVE switch is letting go, by whichever call.
 */
import type { Resolution } from '../../actors/cases.js';
import { isMoreSevere, KillSwitchState, type SwitchView, switchKey } from '../../domain/kill-switch.js';
import { sentence } from '../../domain/reading.js';
import { FillchartError } from '../../domain/reasons.js';
import type { KillSwitch } from '../../index.js';
import type { OpenAccount } from '../accounts/account.js';
import type { Case, Position, Resolved } from '../api/controls.js';
import { answer, type Call, type Handler, type HandlerAnswer } from '../http/call.js';
import { refuse } from '../http/refusal.js';
import { allows, type Identity } from '../security/identity.js';
import type { ListedPosition } from '../views/positions.js';
import { DEFAULT_LIMIT, padded, pageOf } from './paging.js';
import type { HandlerParts } from './parts.js';

const whoDoes = ({ hasTokens }: HandlerParts, { name }: Identity, said: string | undefined): string =>
  hasTokens() ? name : (said?.trim() ?? '') || name;

export function listPositions(parts: HandlerParts): Handler<'listPositions'> {
  return ({ query }) => {
    const found = (after: string | undefined) =>
      parts.accounts.open(query.account).flatMap((account) => chosenPositions(parts, account, query, after));
    const { entries, nextCursor } = pageOf(found, { list: 'positions', key: ({ place }) => place }, query);
    const positions = entries.map(({ account, view }) => ({ account, ...view }) as unknown as Position);
    return answer({ positions, ...(nextCursor !== undefined && { nextCursor }) });
  };
}

/** As many as a page holds. */
function chosenPositions(
  { views }: HandlerParts,
  account: OpenAccount,
  { symbol, open, limit = DEFAULT_LIMIT }: Call<'listPositions'>['query'],
  after: string | undefined,
): readonly ListedPosition[] {
  const found: ListedPosition[] = [];
  for (const one of views.positionList(account).walk({ descending: true, after })) {
    if (found.length > limit) break;
    if (symbol !== undefined && one.view.symbol !== symbol) continue;
    if (open === undefined || one.view.isOpen === (open === 'true')) found.push(one);
  }
  return found;
}

export function listCases(parts: HandlerParts): Handler<'listCases'> {
  return ({ query }) => {
    const { open = 'true', symbol } = query;
    const found = parts.accounts
      .open(query.account)
      .flatMap((account) => parts.views.cases(account))
      .filter((one) => symbol === undefined || one.symbol === symbol)
      .filter((one) => open === 'all' || one.isOpen === (open === 'true'));
    const { entries, nextCursor } = pageOf(found, { list: 'cases', key: caseKey }, query);
    return answer({ cases: entries, ...(nextCursor !== undefined && { nextCursor }) });
  };
}

const caseKey = ({ openedAt, account, caseId }: Case): string =>
  `${openedAt} ${account} ${padded(Number(caseId.replace(/\D/g, '') || 0))} ${caseId}`;

const openCaseIn = ({ engine }: OpenAccount, caseId: string): boolean =>
  engine.cases.open().some((one) => one.caseId === caseId);
const knowsCase = ({ engine }: OpenAccount, caseId: string): boolean =>
  engine.cases.all().some((one) => one.caseId === caseId);

/** The one account that the case is in. Ids count within an account. */
function accountOfCase({ accounts }: HandlerParts, caseId: string, named: string | undefined): OpenAccount {
  const open = accounts.open(named).filter((account) => openCaseIn(account, caseId));
  const known = open.length > 0 ? open : accounts.open(named).filter((account) => knowsCase(account, caseId));
  const [only] = known;
  if (only === undefined) throw refuse('UNKNOWN_CASE', `There is no case ${JSON.stringify(caseId)}.`);
  if (known.length === 1) return only;
  const names = known.map(({ name }) => name).join(', ');
  throw refuse('INVALID_REQUEST', `account is missing: there is a case ${caseId} in ${names}.`, { field: 'account' });
}

export function resolveCase(parts: HandlerParts): Handler<'resolveCase'> {
  return async ({ params: { caseId }, query, body, identity }) => {
    const account = accountOfCase(parts, caseId, query.account);
    const by = whoDoes(parts, identity, body.by);
    await closeCase(account, caseId, { by, reason: body.reason, ...withdrawn(body.withdraw) });
    const view = parts.views.case(account, caseId);
    if (view === undefined) throw refuse('UNKNOWN_CASE', `There is no case ${JSON.stringify(caseId)}.`);
    return answer(view);
  };
}

const CONFLICT = 409;

/** Of two people who resolve a case, the second is told what the first has done. */
async function closeCase({ engine }: OpenAccount, caseId: string, said: Resolution): Promise<void> {
  try {
    await engine.cases.resolve(caseId, said);
  } catch (error) {
    const done = engine.cases.all().find((one) => one.caseId === caseId)?.resolution;
    if (done === undefined || !(error instanceof FillchartError) || error.code !== 'UNKNOWN_CASE') throw error;
    const how = done.withdrawn === true ? 'withdrawn' : 'resolved';
    const message = `${caseId} was ${how} by ${done.by} at ${done.at}: ${sentence(done.reason)} Nothing was changed.`;
    throw refuse('UNKNOWN_CASE', message, { status: CONFLICT });
  }
}

const withdrawn = (withdraw: boolean | undefined) => (withdraw === true ? { withdraw } : {});

interface Chosen {
  readonly account?: OpenAccount;
  readonly caseId: string;
  readonly problem?: FillchartError | Error;
}

export function resolveCases(parts: HandlerParts): Handler<'resolveCases'> {
  return async ({ body, identity }) => {
    const by = whoDoes(parts, identity, body.by);
    const resolved: Case[] = [];
    const notResolved: Resolved['notResolved'] = [];
    for (const { account, caseId, problem } of chosenBy(parts, body)) {
      try {
        if (account === undefined) throw problem ?? new FillchartError('UNKNOWN_CASE');
        await closeCase(account, caseId, { by, reason: body.reason, ...withdrawn(body.withdraw) });
        const view = parts.views.case(account, caseId);
        if (view !== undefined) resolved.push(view);
      } catch (error) {
        const { code = 'UNKNOWN_CASE', message } = error as { code?: string; message: string };
        notResolved.push({ ...(account !== undefined && { account: account.name }), caseId, code, message });
      }
    }
    const open = parts.accounts.open().reduce((count, { engine }) => count + engine.cases.open().length, 0);
    return answer({ resolved, notResolved, open } satisfies Resolved);
  };
}

interface Choice {
  readonly account?: string;
  readonly caseIds?: readonly string[];
  readonly symbol?: string;
  readonly all?: true;
}

/** Exactly one way of choosing: a request that names two things means neither. */
function chosenBy(parts: HandlerParts, choice: Choice): readonly Chosen[] {
  const { account: named, caseIds, symbol, all } = choice;
  const ways = [caseIds, symbol, all].filter((way) => way !== undefined).length;
  if (ways !== 1)
    throw refuse('INVALID_REQUEST', 'The cases are chosen by caseIds, by symbol, or by all; by exactly one of them.', {
      field: 'caseIds',
    });
  if (caseIds === undefined)
    return parts.accounts.open(named).flatMap((account) =>
      account.engine.cases
        .open()
        .filter((one) => symbol === undefined || one.symbol === symbol)
        .map(({ caseId }) => ({ account, caseId })),
    );
  return [...new Set(caseIds)].map((caseId) => {
    try {
      return { account: accountOfCase(parts, caseId, named), caseId };
    } catch (problem) {
      return { caseId, problem: problem as Error };
    }
  });
}

const switchesOf = ({ killSwitch }: HandlerParts): KillSwitch => {
  const found = killSwitch();
  if (found === undefined) throw refuse('NOT_READY', 'The kill switches are not open yet.');
  return found;
};

export const listSwitches =
  (parts: HandlerParts): Handler<'listSwitches'> =>
  () => {
    switchesOf(parts);
    return answer(parts.views.switches());
  };

export const listSwitchHistory =
  (parts: HandlerParts): Handler<'listSwitchHistory'> =>
  ({ query }) => {
    const history = switchesOf(parts).history.map((change, index) => ({ change, index }));
    const { entries, nextCursor } = pageOf(history, { list: 'switches', key: ({ index }) => padded(index) }, query);
    return answer({ changes: entries.map(({ change }) => change), ...(nextCursor !== undefined && { nextCursor }) });
  };

const known = ({ switches }: KillSwitch, type: SwitchView['type'], target: string | undefined) =>
  switches.find((one) => switchKey(one.type, one.target) === switchKey(type, target));

export function setSwitch(parts: HandlerParts): Handler<'setSwitch'> {
  return async ({ body, identity }) => {
    const killSwitch = switchesOf(parts);
    const { type, target, reason, state = KillSwitchState.ACTIVE } = body;
    const before = known(killSwitch, type, target);
    const by = whoDoes(parts, identity, body.by);
    const lowers = before?.state === 'ACTIVE' && isMoreSevere(before.state, state);
    if (lowers && !allows(identity.role, 'operator'))
      throw refuse(
        'FORBIDDEN',
        `${identity.name} is a ${identity.role}; only an operator lowers a switch that is ACTIVE.`,
      );
    if (lowers) {
      const verdict = parts.twoPerson.ask({ type, target, by, reason });
      if (verdict.kind === 'waits') return waits(parts, verdict.pending);
      return changed(parts, () => killSwitch.set({ type, target, state, reason: verdict.reason, by: verdict.by }));
    }
    const set = await changed(parts, () => killSwitch.set({ type, target, state, reason, by }));
    if (state === 'ACTIVE') parts.twoPerson.forget(type, target);
    return set;
  };
}

function waits({ hub }: HandlerParts, pending: object): HandlerAnswer {
  hub.changed('switches');
  return answer({ pending }, 202);
}

export function releaseSwitch(parts: HandlerParts): Handler<'releaseSwitch'> {
  return async ({ body, identity }) => {
    const killSwitch = switchesOf(parts);
    const { type, target, force } = body;
    const before = known(killSwitch, type, target);
    if (before === undefined || before.state === 'OFF') {
      const set = killSwitch.switches.filter(({ state }) => state !== 'OFF');
      const names = set.map((one) => switchKey(one.type, one.target)).join(', ') || 'none';
      throw refuse('INVALID_KILL_SWITCH', `${switchKey(type, target)} is not set; set are: ${names}.`, { status: 404 });
    }
    const by = whoDoes(parts, identity, body.by);
    const verdict = parts.twoPerson.ask({ type, target, by, reason: body.reason, force });
    if (verdict.kind === 'waits') return waits(parts, verdict.pending);
    const agreed = { by: verdict.by, reason: verdict.reason, force: verdict.force };
    return changed(parts, () => killSwitch.release({ type, target, ...agreed }));
  };
}

/** The gate is closed in the turn of the call; the answer waits for what it caused to be on its way, and to be durable. */
async function changed(parts: HandlerParts, act: () => Promise<void>): Promise<HandlerAnswer> {
  const killSwitch = switchesOf(parts);
  const liveAtChange = parts.accounts.open().reduce((count, { engine }) => count + engine.metrics().live, 0);
  await act();
  const change = killSwitch.history.at(-1);
  const now = change === undefined ? undefined : known(killSwitch, change.type, change.target);
  const cancels = parts.accounts.open().map(({ engine }) => engine.metrics().activationToLastCancelMs ?? -1);
  const slowest = Math.max(-1, ...cancels);
  return answer({ change, switch: now, liveAtChange, ...(slowest >= 0 && { activationToLastCancelMs: slowest }) });
}

export function sweep(parts: HandlerParts): Handler<'sweep'> {
  return async ({ query }) => {
    const reports = await Promise.all(
      parts.accounts.open(query.account).map(async (account) => {
        const { at, orders, positions, cases, failures } = await account.engine.sweep();
        const views = cases.map(({ caseId }) => parts.views.case(account, caseId)).filter((one) => one !== undefined);
        return { account: account.name, at, orders, positions, cases: views, failures };
      }),
    );
    return answer({ reports });
  };
}

export function listLimits(parts: HandlerParts): Handler<'listLimits'> {
  return ({ query }) => {
    const risk = (parts.killSwitch()?.switches ?? []).filter(
      ({ type, state }) => type === 'RISK_LIMIT' && state !== 'OFF',
    );
    const limits = parts.accounts.open(query.account).map((account) => ({
      account: account.name,
      limits: account.options.limits ?? null,
      liveExecutions: account.engine.metrics().live,
      openPositions: parts.views.openPositions(account),
      riskLimit: risk,
    }));
    return answer({ limits });
  };
}
