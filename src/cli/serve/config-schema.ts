/**
 * The config of `fillchart serve` as JSON Schema: for editors, and for the command line, which knows a name because it stands here.
 *
 * 1. What only a program can judge (ranges, files, variables of the environment) is left to the reader of each member.
 */
import type { Schema } from '../../adapters/brokers/paper/check.js';
import { NOTIFICATIONS } from '../../service/index.js';

type Properties = Readonly<Record<string, Schema>>;

const text = (description: string): Schema => ({ type: 'string', description });
const flag = (description: string): Schema => ({ type: 'boolean', description });
const whole = (description: string): Schema => ({ type: 'integer', minimum: 0, description });
const texts = (description: string): Schema => ({ type: 'array', items: { type: 'string' }, description });
const objectOf = (properties: Properties, required: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
  additionalProperties: false,
});

/** For editors; the command line does not read it. */
export const SCHEMA_MEMBER = { $schema: text('the address of this schema') } as const;

const EVENTS: Properties = {
  maxListeners: whole('listeners at once'),
  bufferBytes: whole('what may wait for one listener, in bytes'),
  batchMs: whole('how long events are gathered, in ms'),
  heartbeatMs: whole('a sign of life after so many ms'),
};

const TLS: Properties = {
  certFile: text('the certificate, in PEM'),
  keyFile: text('its key, in PEM'),
  caFile: text('certificates of authorities whose clients are let in, in PEM'),
};

const SWITCH_SERVICE: Properties = {
  url: text('the address of the service that has the switches'),
  tokenEnv: text('the variable of the environment that holds the token'),
  pollMs: whole('how often it is asked, in ms'),
  lostAfterMs: whole('without an answer for so long, nothing is sent, in ms'),
};

const KILL_SWITCH: Properties = {
  journal: text('the file of the switches, or "memory"'),
  twoPersonRelease: flag('releasing GLOBAL takes two people'),
  service: objectOf(SWITCH_SERVICE, ['url']),
};

const WEBHOOK: Properties = {
  url: text('an address that begins with https:// or http://'),
  secretEnv: text('the variable of the environment that holds the key of the signature'),
  events: { type: 'array', items: { enum: [...NOTIFICATIONS] }, description: 'all by default' },
  format: { enum: ['json', 'slack'], description: 'json by default' },
};

const NAME: Schema = { type: 'string', pattern: '^[\\w.-]{1,64}$', description: '1 to 64 letters, digits, and . _ -' };

const ACCOUNT: Properties = {
  name: NAME,
  broker: text('paper, alpaca, fix, or ccxt:<exchange>'),
  config: { type: ['object', 'string'], description: "the broker's config, or the file that holds it" },
  journal: text('a file; <name>.db by default; "memory" for paper'),
  limits: { type: 'object', description: 'limits before the order' },
  live: flag("real money; the broker's config and --live must say so too"),
  onMismatch: { enum: ['halt-symbol', 'halt-all', 'report-only'] },
  maxConcurrent: { type: 'integer', minimum: 1, maximum: 100_000, description: 'executions at once' },
  env: text("the prefix of this account's variables of the environment"),
};

const HOSTED: Properties = {
  name: NAME,
  restate: text("the address of Restate's ingress, such as http://127.0.0.1:8080"),
  live: ACCOUNT['live'] ?? {},
};

const TOP: Properties = {
  ...SCHEMA_MEMBER,
  accounts: { type: 'array', minItems: 1 },
  host: text('127.0.0.1 by default'),
  port: { type: 'integer', minimum: 0, maximum: 65_535, description: '8090 by default; 0 for any that is free' },
  basePath: text('what stands before every path'),
  hosts: texts('names under which the service is reached'),
  corsOrigins: texts('origins whose pages may ask'),
  tls: objectOf(TLS, ['certFile', 'keyFile']),
  tokens: text('the file of the tokens'),
  killSwitch: objectOf(KILL_SWITCH),
  webhooks: { type: 'array', items: objectOf(WEBHOOK, ['url']) },
  accessLog: text('a file: a line for each request that may change something'),
  drainSeconds: { type: 'integer', minimum: 0, maximum: 3_600, description: '45 by default' },
  bodyBytes: whole('the largest request, in bytes'),
  requestsPerSecond: whole('for each token'),
  events: objectOf(EVENTS),
};

/** The names that each object of the config knows. */
export const KEYS = {
  top: Object.keys(TOP),
  account: Object.keys(ACCOUNT),
  hosted: Object.keys(HOSTED),
  events: Object.keys(EVENTS),
  tls: Object.keys(TLS),
  killSwitch: Object.keys(KILL_SWITCH),
  switchService: Object.keys(SWITCH_SERVICE),
  webhook: Object.keys(WEBHOOK),
} as const;

/** @param limits the schema of the limits of an account */
export const serviceSchema = (limits: Schema): Schema => {
  const own = objectOf({ ...ACCOUNT, limits }, ['name', 'broker']);
  const accounts = { ...TOP['accounts'], items: { anyOf: [own, objectOf(HOSTED, ['name', 'restate'])] } };
  return objectOf({ ...TOP, accounts }, ['accounts']);
};
