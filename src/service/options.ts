/**
 * What `createService` takes: checked once; what is broken, or not known at all, is refused by name.
 */
import { refuseUnknown, requireOptions } from '../domain/option-names.js';
import type { Clock, Journal, Logger } from '../domain/ports.js';
import { FillchartError } from '../domain/reasons.js';
import { show } from '../domain/snapshot.js';
import type { AccessLogEnd } from './access-chain.js';
import type { AccountOptions } from './accounts/account.js';
import type { AccessEntry } from './api/system.js';
import type { SwitchServiceOptions } from './followed-switches.js';
import type { WebhookOptions } from './notifications/webhooks.js';
import { isLoopback } from './security/guard.js';
import type { Tokens } from './security/tokens.js';

/** What {@link createService} takes. @beta @since 0.1.0 */
export interface ServiceOptions {
  /** At least one; each with a name of its own. */
  readonly accounts: readonly AccountOptions[];
  /** Address to listen at; `127.0.0.1` by default. Any other than loopback needs `tokens`. */
  readonly host?: string;
  /** 0, the default, takes a free one. */
  readonly port?: number;
  /** Who may call; without it everybody on this machine may do everything. */
  readonly tokens?: Tokens | undefined;
  /**
   * Where the kill switches that the accounts share are kept. A single account without it keeps its own, in its own journal;
   * several accounts need it.
   */
  readonly killSwitchJournal?: Journal | undefined;
  /** The service whose kill switches hold here too; what it said last is kept in `killSwitchJournal`. */
  readonly killSwitchService?: SwitchServiceOptions | undefined;
  /** Releasing GLOBAL takes two people; false by default. Needs `tokens`. */
  readonly twoPersonRelease?: boolean | undefined;
  /** Path under which a proxy leads here, such as `/fillchart`; none by default. */
  readonly basePath?: string | undefined;
  /** Names under which the service may be called, without port; loopback names always may. Any where absent and not on loopback. */
  readonly hosts?: readonly string[] | undefined;
  /** Origins whose pages may call, such as `https://controls.example`; none by default. */
  readonly corsOrigins?: readonly string[] | undefined;
  /** PEM texts; plain HTTP by default. */
  readonly tls?: { readonly key: string; readonly cert: string; readonly ca?: string } | undefined;
  /** Largest body, in bytes; 65 536 by default. */
  readonly bodyBytes?: number | undefined;
  /** Requests a second that a token may make; 200 by default, in bursts of twice as many. Setting a kill switch is not counted. */
  readonly requestsPerSecond?: number | undefined;
  /** Most listeners of the event stream; 5,000 by default. */
  readonly maxListeners?: number | undefined;
  /** Most bytes that may wait for one listener; 1 MiB by default. */
  readonly listenerBufferBytes?: number | undefined;
  /** How long events wait for others so that they leave together, in ms; 25 by default. */
  readonly eventBatchMs?: number | undefined;
  /** Time between two heartbeats of the event stream, in ms; 10 000 by default. */
  readonly heartbeatMs?: number | undefined;
  /** Time without a call after which a broker is asked whether it is there, in ms; 15 000 by default. */
  readonly brokerProbeMs?: number | undefined;
  /** Time without an answer after which a broker counts as lost, in ms; 5 000 by default. */
  readonly brokerLostMs?: number | undefined;
  /** Who is told of cases, kill switches and failures. */
  readonly webhooks?: readonly WebhookOptions[] | undefined;
  /** Told of each call that changed something, or was refused for who made it. */
  readonly onAccess?: ((entry: AccessEntry) => void) | undefined;
  /** Where the log that `onAccess` keeps ends: entries go on from there. Empty by default. */
  readonly accessLogEnd?: AccessLogEnd | undefined;
  /** Folder of the console; that of the package by default. */
  readonly consoleFolder?: string | undefined;
  /** The system clock by default. */
  readonly clock?: Clock | undefined;
  /** pino on standard error by default; `false` for none. */
  readonly logger?: Logger | false | undefined;
  /** Version that is told; that of the package by default. */
  readonly version?: string | undefined;
}

const NAMES = Object.keys({
  accounts: true,
  host: true,
  port: true,
  tokens: true,
  killSwitchJournal: true,
  killSwitchService: true,
  twoPersonRelease: true,
  basePath: true,
  hosts: true,
  corsOrigins: true,
  tls: true,
  bodyBytes: true,
  requestsPerSecond: true,
  maxListeners: true,
  listenerBufferBytes: true,
  eventBatchMs: true,
  heartbeatMs: true,
  brokerProbeMs: true,
  brokerLostMs: true,
  webhooks: true,
  onAccess: true,
  accessLogEnd: true,
  consoleFolder: true,
  clock: true,
  logger: true,
  version: true,
} satisfies Record<keyof ServiceOptions, true>);

const ACCOUNT_NAMES = Object.keys({
  name: true,
  broker: true,
  host: true,
  journal: true,
  limits: true,
  live: true,
  about: true,
  engine: true,
  onAdvisory: true,
} satisfies Record<keyof AccountOptions, true>);

const ACCOUNT_NAME = /^[\w.-]{1,64}$/;

/** @throws {FillchartError} `INVALID_OPTION`, naming option, value and what is accepted */
export function checkService(options: ServiceOptions): void {
  requireOptions('createService', options, NAMES);
  const { accounts, host = '127.0.0.1', tokens, killSwitchJournal, twoPersonRelease, basePath = '' } = options;
  if (!Array.isArray(accounts) || accounts.length === 0)
    throw invalid('accounts', accounts, 'a list of at least one account');
  const seen = new Set<string>();
  for (const [index, one] of accounts.entries()) {
    refuseUnknown('createService', one, ACCOUNT_NAMES, `accounts[${index}].`);
    const { name } = one;
    if (typeof name !== 'string' || !ACCOUNT_NAME.test(name))
      throw invalid(`accounts[${index}].name`, name, '1 to 64 letters, digits, and . _ -');
    if (seen.has(name)) throw invalid(`accounts[${index}].name`, name, 'a name of its own for each account');
    seen.add(name);
  }
  checkHosts(options);
  if (accounts.length > 1 && killSwitchJournal === undefined)
    throw invalid(
      'killSwitchJournal',
      undefined,
      'a journal: several accounts share their kill switches, which must be kept',
    );
  checkSwitchService(options);
  if (twoPersonRelease === true && tokens === undefined)
    throw invalid('twoPersonRelease', true, 'false without tokens: without them nobody can tell two people apart');
  if (!/^(?:\/(?!\.{1,2}(?:\/|$))[\w.~-]+)*$/.test(basePath))
    throw invalid('basePath', basePath, 'a path such as /fillchart, without a slash at the end');
  checkNumbers(options);
  if (!isLoopback(host) && tokens === undefined)
    throw new FillchartError(
      'INVALID_OPTION',
      `host is ${show(host)}, which others can reach, and there are no tokens; without tokens accepted is a loopback address such as "127.0.0.1". fillchart token create makes one.`,
    );
}

function checkSwitchService({ killSwitchService, killSwitchJournal, twoPersonRelease }: ServiceOptions): void {
  if (killSwitchService === undefined) return;
  refuseUnknown('createService', killSwitchService, ['url', 'token', 'pollMs', 'lostAfterMs'], 'killSwitchService.');
  const { url, pollMs = 200, lostAfterMs = 1_000 } = killSwitchService;
  if (typeof url !== 'string' || !/^https?:\/\//.test(url) || !URL.canParse(url))
    throw invalid('killSwitchService.url', url, 'an address that begins with https:// or http://');
  if (!Number.isSafeInteger(pollMs) || pollMs < 20 || pollMs > 10_000)
    throw invalid('killSwitchService.pollMs', pollMs, 'a whole number from 20 to 10000 (ms)');
  if (!Number.isSafeInteger(lostAfterMs) || lostAfterMs < 2 * pollMs || lostAfterMs > 60_000)
    throw invalid('killSwitchService.lostAfterMs', lostAfterMs, 'a whole number from twice pollMs to 60000 (ms)');
  if (killSwitchJournal === undefined)
    throw invalid('killSwitchJournal', undefined, 'a journal: what the switch service said last must be kept');
  if (twoPersonRelease === true)
    throw invalid('twoPersonRelease', true, 'false with killSwitchService: switches are released there');
}

/** A host keeps by itself what an engine of this process would be given. */
function checkHosts({ accounts, killSwitchJournal }: ServiceOptions): void {
  for (const [index, { broker, host, journal, limits, engine }] of accounts.entries()) {
    if (host === undefined && broker === undefined)
      throw invalid(`accounts[${index}].broker`, undefined, 'a broker, or a host instead');
    if (host === undefined) continue;
    const besides = Object.entries({ broker, journal, limits, engine }).find(([, given]) => given !== undefined);
    if (besides !== undefined)
      throw invalid(`accounts[${index}].${besides[0]}`, besides[1], 'nothing beside a host, which has its own');
    if (accounts.length > 1 || killSwitchJournal !== undefined)
      throw invalid(
        `accounts[${index}].host`,
        host.name,
        'a host for the only account: it has kill switches of its own',
      );
  }
}

const RANGES: readonly (readonly [keyof ServiceOptions, number, number])[] = [
  ['port', 0, 65_535],
  ['bodyBytes', 1_024, 16_777_216],
  ['requestsPerSecond', 1, 1_000_000],
  ['maxListeners', 1, 100_000],
  ['listenerBufferBytes', 65_536, 268_435_456],
  ['eventBatchMs', 1, 1_000],
  ['heartbeatMs', 100, 60_000],
  ['brokerProbeMs', 100, 600_000],
  ['brokerLostMs', 100, 600_000],
];

function checkNumbers(options: ServiceOptions): void {
  for (const [name, least, most] of RANGES) {
    const value = options[name];
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || Number(value) < least || Number(value) > most)
      throw invalid(name, value, `a whole number from ${least} to ${most}`);
  }
}

const invalid = (option: string, value: unknown, accepted: string): FillchartError =>
  new FillchartError('INVALID_OPTION', `${option} is ${show(value)}; accepted is ${accepted}.`);
