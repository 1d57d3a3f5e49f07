/**
 * What the service says of itself.
 */
import { reasons } from '../../domain/reasons.js';
import { isoTime } from '../../domain/time.js';
import { DOCS_STYLE_HASH } from '../docs-page.js';
import { answer, type Handler } from '../http/call.js';
import { policyWithStyle } from '../security/guard.js';
import type { HandlerParts } from './parts.js';

export const listAccounts =
  ({ accounts, views }: HandlerParts): Handler<'listAccounts'> =>
  () =>
    answer({ accounts: accounts.all.map(views.account) });

export const getSession =
  ({ hasTokens, version, clock }: HandlerParts): Handler<'getSession'> =>
  ({ identity: { name, role } }) =>
    answer({ name, role, tokens: hasTokens(), version, time: isoTime(clock.now()) });

export const listAccess =
  ({ access }: HandlerParts): Handler<'listAccess'> =>
  ({ query: { limit = DEFAULT_ACCESS } }) =>
    answer({ entries: access().slice(-limit).reverse() });

const DEFAULT_ACCESS = 100;

export const listReasons = (): Handler<'listReasons'> => () => answer({ reasons: Object.values(reasons) });

export const getHealth = (): Handler<'getHealth'> => () => answer({ status: 'ok' });

/** Names of accounts and what is wrong with them are for those who may look. */
export const getReadiness =
  ({ accounts, views, isDraining, hasTokens }: HandlerParts): Handler<'getReadiness'> =>
  ({ identity }) => {
    const states = accounts.all.map(views.account);
    const draining = isDraining();
    const ready = !draining && states.every((one) => one.ready);
    const mayLook = !hasTokens() || identity.key !== 'public';
    return answer({ ready, draining, accounts: mayLook ? states : [] }, ready ? 200 : 503);
  };

export const getMetrics =
  ({ metrics }: HandlerParts): Handler<'getMetrics'> =>
  async () => ({ status: 200, ...(await metrics()) });

export const getOpenApi =
  ({ openApi }: HandlerParts): Handler<'getOpenApi'> =>
  () => ({ status: 200, text: openApi(), contentType: 'application/json; charset=utf-8' });

export const getDocs =
  ({ docsPage }: HandlerParts): Handler<'getDocs'> =>
  ({ reply }) => {
    void reply.header('Content-Security-Policy', policyWithStyle(DOCS_STYLE_HASH));
    return { status: 200, text: docsPage(), contentType: 'text/html; charset=utf-8' };
  };
