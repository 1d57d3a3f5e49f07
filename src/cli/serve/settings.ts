/**
 * What `fillchart serve` serves: from its config, or from nothing.
 *
 * 1. Everything is read and checked before anything is opened.
 * 2. A file that the config names is looked for beside the config; no secret stands in one.
 */
import { appendFileSync, closeSync, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { causeOf } from '../../domain/reading.js';
import {
  type AccountOptions,
  checkAccessLog,
  type ServiceOptions,
  type SwitchServiceOptions,
  type Tokens,
  tokenFile,
} from '../../service/index.js';
import { beside, type Config, readConfig } from '../brokers/config-file.js';
import { UsageError } from '../exit-codes.js';
import { readTextFile } from '../run/source.js';
import type { CliWorld, Environment } from '../world.js';
import { accountFrom } from './account-config.js';
import { flagAt, inside, listAt, notAccepted, objectAt, type Place, textAt, textsAt, wholeAt } from './config-keys.js';
import { KEYS } from './config-schema.js';
import { journalAt } from './journal-at.js';
import { openMarket } from './open-market.js';
import { webhookFrom } from './webhook-config.js';

/** The options of the command line. */
export interface ServeOptions {
  readonly config?: string;
  readonly host?: string;
  readonly port?: number;
  readonly journal?: string;
  readonly live?: true;
  /** In ms. */
  readonly drain?: number;
  readonly basePath?: string;
}

interface ServeSettings {
  readonly service: ServiceOptions;
  readonly drainMs: number;
  /** Said loudly before anything is opened, where real money is at stake. */
  readonly stakes: readonly string[];
}

const DEFAULT_PORT = 8_090;
const MS_PER_SECOND = 1_000;
/** The longest life of an execution is 47 s; most end well within this. */
const DEFAULT_DRAIN_MS = 45_000;
const MOST_DRAIN_S = 3_600;

/** It belongs to an account, and is told so. */
const MISPLACED = 'broker';

/** @throws {UsageError} naming the option or the file, the value and what is accepted */
export async function serveSettings(options: ServeOptions, world: CliWorld): Promise<ServeSettings> {
  return options.config === undefined
    ? paperSettings(options, world)
    : configuredSettings(options.config, options, world);
}

function paperSettings(options: ServeOptions, world: CliWorld): ServeSettings {
  if (options.live === true) throw new UsageError('--live is for a config with accounts of real money.');
  const market = openMarket(world.clock);
  const account: AccountOptions = {
    name: 'paper',
    broker: market.broker,
    journal: journalAt(options.journal ?? 'memory', '--journal'),
    about: 'paper, fills at the reference price',
    onAdvisory: market.learn,
  };
  return {
    drainMs: options.drain ?? DEFAULT_DRAIN_MS,
    stakes: [],
    service: { accounts: [account], port: DEFAULT_PORT, ...fromOptions(options), clock: world.clock },
  };
}

/** What stands on the command line goes before what the config says. */
const fromOptions = ({ host, port, basePath }: ServeOptions): Partial<ServiceOptions> => ({
  ...(host !== undefined && { host }),
  ...(port !== undefined && { port }),
  ...(basePath !== undefined && { basePath }),
});

async function configuredSettings(file: string, options: ServeOptions, world: CliWorld): Promise<ServeSettings> {
  if (options.journal !== undefined)
    throw new UsageError('--journal is for the start without a config; each account names its own.');
  const top: Place = { file, path: '' };
  const config = objectAt(top, readConfig(file), [...KEYS.top, MISPLACED]);
  const { accounts, broker } = config;
  if (broker !== undefined)
    throw new UsageError(`${file}: broker belongs to an account: { "accounts": [ { "name", "broker", … } ] }.`);
  const place = inside(top, 'accounts');
  if (!Array.isArray(accounts) || accounts.length === 0)
    throw notAccepted(place, accounts, 'a list of at least one account');
  const made = [];
  for (const [index, one] of accounts.entries())
    made.push(await accountFrom({ file, path: `accounts[${index}]` }, one, { world, live: options.live === true }));
  const isLive = made.some(({ account }) => account.live === true);
  if (options.live === true && !isLive)
    throw new UsageError(`--live is given, and no account of ${file} says "live": true; real money takes both.`);
  const drainSeconds = wholeAt(inside(top, 'drainSeconds'), config['drainSeconds'], 0, MOST_DRAIN_S);
  return {
    drainMs: options.drain ?? (drainSeconds === undefined ? DEFAULT_DRAIN_MS : drainSeconds * MS_PER_SECOND),
    stakes: made.flatMap(({ stakes }) => stakes ?? []),
    service: {
      accounts: made.map(({ account }) => account),
      port: DEFAULT_PORT,
      ...ofServer(top, config),
      ...ofSecurity(top, config, world),
      ...ofSwitches(top, config, made.length, world.env),
      ...fromOptions(options),
      clock: world.clock,
    },
  };
}

const MOST = Number.MAX_SAFE_INTEGER;

/** Ranges are judged by the service, which names its own options. */
function ofServer(top: Place, config: Config): Partial<ServiceOptions> {
  const text = (name: string) => textAt(inside(top, name), config[name]);
  const whole = (name: string) => wholeAt(inside(top, name), config[name], 0, MOST);
  const events = inside(top, 'events');
  const { maxListeners, bufferBytes, batchMs, heartbeatMs } =
    config['events'] === undefined ? ({} as Config) : objectAt(events, config['events'], KEYS.events);
  const ofEvents = (name: string, value: unknown) => wholeAt(inside(events, name), value, 0, MOST);
  return withoutGaps({
    host: text('host'),
    port: whole('port'),
    basePath: text('basePath'),
    bodyBytes: whole('bodyBytes'),
    requestsPerSecond: whole('requestsPerSecond'),
    maxListeners: ofEvents('maxListeners', maxListeners),
    listenerBufferBytes: ofEvents('bufferBytes', bufferBytes),
    eventBatchMs: ofEvents('batchMs', batchMs),
    heartbeatMs: ofEvents('heartbeatMs', heartbeatMs),
    hosts: textsAt(inside(top, 'hosts'), config['hosts']),
    corsOrigins: textsAt(inside(top, 'corsOrigins'), config['corsOrigins']),
    tls: tlsOf(inside(top, 'tls'), config['tls']),
  });
}

function tlsOf(place: Place, value: unknown): ServiceOptions['tls'] {
  if (value === undefined) return undefined;
  const given = objectAt(place, value, KEYS.tls);
  const file = (name: string): string | undefined => {
    const path = textAt(inside(place, name), given[name]);
    return path === undefined ? undefined : readTextFile(beside(place.file, path));
  };
  const [cert, key, ca] = [file('certFile'), file('keyFile'), file('caFile')];
  if (cert === undefined || key === undefined) throw notAccepted(place, value, 'an object with certFile and keyFile');
  return { cert, key, ...(ca !== undefined && { ca }) };
}

function ofSecurity(top: Place, config: Config, world: CliWorld): Partial<ServiceOptions> {
  const warn = (sentence: string): void => void world.stderr.write(`fillchart: ${sentence}\n`);
  const path = textAt(inside(top, 'tokens'), config['tokens']);
  const accessLog = textAt(inside(top, 'accessLog'), config['accessLog']);
  return withoutGaps({
    tokens: path === undefined ? undefined : tokensAt(inside(top, 'tokens'), beside(top.file, path), world, warn),
    webhooks: listAt(inside(top, 'webhooks'), config['webhooks'], (place, one) => webhookFrom(place, one, world.env)),
    ...(accessLog !== undefined && accessLogAt(beside(top.file, accessLog), warn)),
  });
}

/** Longer than any entry. */
const LOG_END_BYTES = 65_536;

function endOf(path: string): string {
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, LOG_END_BYTES));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString('utf8');
  } finally {
    closeSync(file);
  }
}

const DISK_ERRORS: readonly string[] = ['ENOSPC', 'EROFS', 'EDQUOT', 'EIO'];

/** Goes on behind what the file holds: its last whole entry is what the next one is chained to. */
function accessLogAt(
  path: string,
  warn: (sentence: string) => void,
): Pick<ServiceOptions, 'onAccess' | 'accessLogEnd'> {
  let known = '';
  try {
    // One that cannot be written is found now, and not at the first call that was to change something.
    appendFileSync(path, '', { mode: 0o600 });
    known = endOf(path);
    // A line that was torn by a crash is left as it is; the next one is begun below it.
    if (known !== '' && !known.endsWith('\n')) appendFileSync(path, '\n');
  } catch (error) {
    // A disk that is full or read-only keeps nobody from looking after what is live (A9).
    if (!DISK_ERRORS.includes(String((Object(error) as { code?: unknown }).code))) throw error;
    warn(`The access log ${path} cannot be written, and the service starts all the same: ${causeOf(error)}.`);
  }
  return {
    accessLogEnd: checkAccessLog(known).end,
    onAccess: (entry) => appendFileSync(path, `${JSON.stringify(entry)}\n`, { mode: 0o600 }),
  };
}

function tokensAt(place: Place, path: string, world: CliWorld, warn: (sentence: string) => void): Tokens {
  if (!existsSync(path))
    throw new UsageError(
      `${place.file}: ${place.path} is ${path}, which is not there; make it with fillchart token create --file ${path} --name <who> --role operator.`,
    );
  try {
    return tokenFile(path, world.clock, warn);
  } catch (error) {
    throw new UsageError(`${place.file}: ${place.path}: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

function ofSwitches(top: Place, config: Config, accounts: number, env: Environment): Partial<ServiceOptions> {
  const place = inside(top, 'killSwitch');
  const given =
    config['killSwitch'] === undefined ? ({} as Config) : objectAt(place, config['killSwitch'], KEYS.killSwitch);
  const service = switchServiceAt(inside(place, 'service'), given['service'], env);
  const named = textAt(inside(place, 'journal'), given['journal']);
  const journal = named ?? (accounts > 1 || service !== undefined ? 'kill-switches.db' : undefined);
  const isInMemory = journal === 'memory';
  return withoutGaps({
    killSwitchJournal:
      journal === undefined
        ? undefined
        : journalAt(isInMemory ? journal : beside(top.file, journal), `${top.file}: killSwitch.journal`),
    killSwitchService: service,
    twoPersonRelease: flagAt(inside(place, 'twoPersonRelease'), given['twoPersonRelease']),
  });
}

/** Another service whose kill switches hold here too; its token is read from the environment alone. */
function switchServiceAt(place: Place, value: unknown, env: Environment): SwitchServiceOptions | undefined {
  if (value === undefined) return undefined;
  const given = objectAt(place, value, KEYS.switchService);
  const url = textAt(inside(place, 'url'), given['url']);
  if (url === undefined)
    throw notAccepted(inside(place, 'url'), url, 'the address of the service that has the switches');
  const variable = textAt(inside(place, 'tokenEnv'), given['tokenEnv']);
  const token = variable === undefined ? undefined : env[variable];
  if (variable !== undefined && (token === undefined || token === ''))
    throw new UsageError(
      `${place.file}: ${place.path}.tokenEnv names ${variable}, which is not set in the environment.`,
    );
  const whole = (name: string) => wholeAt(inside(place, name), given[name], 0, MOST);
  return withoutGaps({
    url,
    token,
    pollMs: whole('pollMs'),
    lostAfterMs: whole('lostAfterMs'),
  }) as SwitchServiceOptions;
}

const withoutGaps = <T extends object>(given: T): { [Name in keyof T]: NonNullable<T[Name]> } =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [Name in keyof T]: NonNullable<T[Name]>;
  };
