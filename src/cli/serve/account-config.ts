/**
 * One account of the config: its broker as `--broker` and `--config` of the other commands take it, its journal, its limits.
 */
import { isRecord } from '../../adapters/brokers/paper/check.js';
import type { MismatchPolicy } from '../../domain/cases.js';
import type { BrokerAdapter } from '../../domain/ports.js';
import { FillchartError } from '../../domain/reasons.js';
import type { LimitOptions } from '../../domain/risk-limits.js';
import { checkedRisk } from '../../engine/limit-options.js';
import type { AccountOptions } from '../../service/index.js';
import { brokerName } from '../brokers/broker-name.js';
import { beside, type Config, readConfig } from '../brokers/config-file.js';
import { openBroker } from '../brokers/open-broker.js';
import { UsageError } from '../exit-codes.js';
import type { CliWorld, Environment } from '../world.js';
import { flagAt, inside, notAccepted, objectAt, type Place, textAt, wholeAt } from './config-keys.js';
import { KEYS } from './config-schema.js';
import { journalAt } from './journal-at.js';
import { openMarket } from './open-market.js';

const POLICIES: readonly MismatchPolicy[] = ['halt-symbol', 'halt-all', 'report-only'];
const MOST_CONCURRENT = 100_000;
const ACCOUNT_NAME = /^[\w.-]{1,64}$/;

interface AccountFromConfig {
  readonly account: AccountOptions;
  /** Said loudly before anything is opened. */
  readonly stakes?: string;
}

interface AccountContext {
  readonly world: CliWorld;
  /** `--live` was given. */
  readonly live: boolean;
}

/** @throws {UsageError} naming the place, the value and what is accepted */
export async function accountFrom(place: Place, given: unknown, context: AccountContext): Promise<AccountFromConfig> {
  if (isRecord(given) && 'restate' in given) return hostedFrom(place, given, context);
  const one = objectAt(place, given, KEYS.account);
  const name = textAt(inside(place, 'name'), one['name']);
  if (name === undefined || !ACCOUNT_NAME.test(name))
    throw notAccepted(inside(place, 'name'), one['name'], '1 to 64 letters, digits, and . _ -');
  const journal = textAt(inside(place, 'journal'), one['journal']) ?? `${name}.db`;
  const opened = await brokerOf(place, one, context);
  if (journal === 'memory' && opened.live)
    throw new UsageError(
      `${place.file}: ${place.path}.journal is memory, which is forgotten when the process ends; with real money, name a file.`,
    );
  const limits = limitsOf(place, one['limits'], opened);
  const policy = POLICIES.find((known) => known === one['onMismatch']);
  if (one['onMismatch'] !== undefined && policy === undefined)
    throw notAccepted(inside(place, 'onMismatch'), one['onMismatch'], POLICIES.join(', '));
  const maxConcurrent = wholeAt(inside(place, 'maxConcurrent'), one['maxConcurrent'], 1, MOST_CONCURRENT);
  const { stakes } = opened;
  return {
    account: {
      name,
      broker: opened.broker,
      journal: journalAt(
        journal === 'memory' ? journal : beside(place.file, journal),
        `${place.file}: ${place.path}.journal`,
      ),
      about: opened.about,
      live: opened.live,
      ...(opened.onAdvisory !== undefined && { onAdvisory: opened.onAdvisory }),
      ...(limits !== undefined && { limits }),
      engine: {
        ...(policy !== undefined && { onMismatch: policy }),
        ...(maxConcurrent !== undefined && { maxConcurrent }),
      },
    },
    ...(stakes !== undefined && { stakes: `Account ${name}: ${stakes}` }),
  };
}

/** An account whose executions run on Restate: its workers have the broker and its keys. */
async function hostedFrom(place: Place, given: unknown, { live }: AccountContext): Promise<AccountFromConfig> {
  const one = objectAt(place, given, KEYS.hosted);
  const name = textAt(inside(place, 'name'), one['name']);
  if (name === undefined || !ACCOUNT_NAME.test(name))
    throw notAccepted(inside(place, 'name'), one['name'], '1 to 64 letters, digits, and . _ -');
  const url = textAt(inside(place, 'restate'), one['restate']);
  if (url === undefined || !URL.canParse(url))
    throw notAccepted(
      inside(place, 'restate'),
      one['restate'],
      "the address of Restate's ingress, such as http://127.0.0.1:8080",
    );
  const isLive = flagAt(inside(place, 'live'), one['live']) === true;
  if (isLive && !live)
    throw new UsageError(`${place.file}: ${place.path}.live is true; real money takes --live as well.`);
  const { restateHost } = await import('../../restate/index.js');
  return {
    account: { name, host: restateHost({ ingressUrl: url }), about: `workers on Restate at ${url}`, live: isLive },
    ...(isLive && { stakes: `Account ${name}: REAL MONEY, by the workers on Restate at ${url}.` }),
  };
}

type BrokerOfAccount = Pick<AccountOptions, 'onAdvisory'> & {
  readonly broker: BrokerAdapter;
  readonly about: string;
  readonly live: boolean;
  readonly limits?: LimitOptions;
  readonly stakes?: string;
};

async function brokerOf(place: Place, one: Config, { world, live }: AccountContext): Promise<BrokerOfAccount> {
  const given = textAt(inside(place, 'broker'), one['broker']);
  if (given === undefined) throw notAccepted(inside(place, 'broker'), given, 'a broker such as paper or alpaca');
  const name = brokerName(given);
  const wantsLive = flagAt(inside(place, 'live'), one['live']) === true;
  const { config } = one;
  if (name === 'paper' && config === undefined) {
    const market = openMarket(world.clock);
    return {
      broker: market.broker,
      onAdvisory: market.learn,
      about: 'paper, fills at the reference price',
      live: false,
    };
  }
  const inline = isRecord(config) ? config : undefined;
  const path = inline === undefined ? textAt(inside(place, 'config'), config) : undefined;
  const configPath = path === undefined ? place.file : beside(place.file, path);
  const said = inline ?? (path === undefined ? {} : readConfig(configPath));
  const isLive = said['live'] === true;
  if (wantsLive !== isLive && name !== 'paper')
    throw new UsageError(
      `${place.file}: ${place.path}.live is ${wantsLive}, and its broker's config says ${isLive}; real money takes both.`,
    );
  const opened = await openBroker(name, {
    configPath,
    given: said,
    live: live && isLive,
    clock: world.clock,
    env: prefixed(world.env, textAt(inside(place, 'env'), one['env'])),
    warn: (sentence) => void world.stderr.write(`fillchart: ${sentence}\n`),
    advisories: [],
  });
  const { broker, about, limits, stakes } = opened;
  return {
    broker,
    about,
    live: isLive,
    ...(limits !== undefined && { limits }),
    ...(stakes !== undefined && { stakes }),
  };
}

/** Two accounts at one broker have keys of their own: `DESK1_APCA_API_KEY_ID` before `APCA_API_KEY_ID`. */
function prefixed(env: Environment, prefix: string | undefined): Environment {
  if (prefix === undefined) return env;
  const own = Object.entries(env).filter(([name]) => name.startsWith(prefix));
  return { ...env, ...Object.fromEntries(own.map(([name, value]) => [name.slice(prefix.length), value])) };
}

function limitsOf(
  place: Place,
  given: unknown,
  { limits: ofBroker, broker }: BrokerOfAccount,
): LimitOptions | undefined {
  if (given !== undefined && ofBroker !== undefined)
    throw new UsageError(
      `${place.file}: ${place.path}.limits are there, and its broker's config has limits as well; keep one of the two.`,
    );
  const limits = given ?? ofBroker;
  if (limits === undefined) return undefined;
  try {
    checkedRisk({ limits }, broker);
  } catch (error) {
    if (error instanceof FillchartError) throw new UsageError(`${place.file}: ${place.path}: ${error.message}`);
    throw error;
  }
  return limits;
}
