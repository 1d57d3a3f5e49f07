/**
 * `--broker`, `--config`, `--live`: what is refused before anything is opened, and in which words.
 */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import type { BrokerName } from '../../src/cli/brokers/broker-name.js';
import { openBroker } from '../../src/cli/brokers/open-broker.js';
import { journalFor } from '../../src/cli/commands/run.js';
import { ADVISORY, cli, folder, jsonl } from './cli.support.js';

const here = folder();
const KEYS = { APCA_API_KEY_ID: 'PKTEST', APCA_API_SECRET_KEY: 'sk-Very/Secret' };
const CCXT_KEYS = { FILLCHART_CCXT_API_KEY: 'key', FILLCHART_CCXT_SECRET: 'c2VjcmV0' };
const FIX = {
  live: false,
  host: '127.0.0.1',
  port: 9,
  senderCompId: 'US',
  targetCompId: 'VENUE',
  instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }],
};

type Refused = readonly [
  story: string,
  broker: string,
  config: object | undefined,
  more: readonly string[],
  says: RegExp,
];

const alpaca: readonly Refused[] = [
  ['an unknown field', 'alpaca', { pollMS: 500 }, [], /c\.json: pollMS is not known; did you mean "pollMs"\?/],
  ['a wrong type', 'alpaca', { stream: 'yes' }, [], /c\.json: stream is "yes"; accepted is true or false/],
  ['a wrong word', 'alpaca', { dataFeed: 'free' }, [], /dataFeed is "free"; accepted is 'iex', 'sip', 'delayed_sip'/],
  ['a number in quotes', 'alpaca', { pollMs: '500' }, [], /pollMs is "500"; accepted is a number from 250 to 10000/],
  ['a live that is text', 'alpaca', { live: 'true' }, ['--live'], /live is "true"; accepted is true or false/],
  ['an operator', 'alpaca', { operator: [] }, [], /c\.json: operator is not known/],
  ['a plain address elsewhere', 'alpaca', { tradingUrl: 'http://example.com' }, [], /c\.json: tradingUrl is .*https/],
  ['the live address on paper', 'alpaca', { tradingUrl: 'https://api.alpaca.markets' }, [], /c\.json: live is false/],
  [
    'a live config without --live',
    'alpaca',
    { live: true },
    [],
    /c\.json says "live": true, and --live is not given; real money takes both/,
  ],
  ['--live with a paper config', 'alpaca', { live: false }, ['--live'], /--live is given, and .*c\.json does not say/],
  ['--live without a config', 'alpaca', undefined, ['--live'], /--live is given, and there is no --config/],
];

const fix: readonly Refused[] = [
  ['no config', 'fix', undefined, [], /--broker fix needs --config <file>/],
  [
    'nothing about money',
    'fix',
    { ...FIX, live: undefined },
    [],
    /live is undefined; accepted is true \(real money\) or false \(a test venue\)/,
  ],
  ['live without --live', 'fix', { ...FIX, live: true }, [], /says "live": true, and --live is not given/],
  ['--live at a test venue', 'fix', FIX, ['--live'], /--live is given, and .*c\.json does not say/],
  [
    'a function',
    'fix',
    { ...FIX, marketableLimit: 'x' },
    [],
    /c\.json: marketableLimit is not known; known are live, host/,
  ],
  [
    'a tick as a number',
    'fix',
    { ...FIX, instruments: [{ ...FIX.instruments[0], tickSize: 0.01 }] },
    [],
    /tickSize is 0.01/,
  ],
  [
    'a tls that trusts anybody',
    'fix',
    { ...FIX, tls: { rejectUnauthorized: false } },
    [],
    /tls\.rejectUnauthorized is not/,
  ],
  ['a certificate that is not there', 'fix', { ...FIX, tls: { caFile: 'ca.pem' } }, [], /ca\.pem cannot be read/],
  ['no instruments', 'fix', { ...FIX, instruments: [] }, [], /instruments is \[\]; accepted is a list of/],
  ['exits that no broker has', 'fix', { ...FIX, exits: { oco: 'both' } }, [], /exits\.oco is "both"/],
  ['what the adapter refuses', 'fix', { ...FIX, version: 'FIX.4.2', positions: {} }, [], /c\.json: positions is set/],
];

const ccxt: readonly Refused[] = [
  [
    'an exchange that is not known',
    'ccxt:mtgox',
    undefined,
    [],
    /no broker "ccxt:mtgox"; accepted is paper, alpaca, fix/,
  ],
  ['no exchange', 'ccxt', undefined, [], /no broker "ccxt"/],
  ['an unknown field', 'ccxt:okx', { sandbox: true }, [], /c\.json: sandbox is not known; known are live\?/],
  ['an exchange in the config', 'ccxt:okx', { exchange: 'binance' }, [], /exchange is not known/],
  ['a live config without --live', 'ccxt:binance', { live: true }, [], /says "live": true, and --live is not given/],
  ['--live without a config', 'ccxt:binance', undefined, ['--live'], /there is no --config/],
];

const both: readonly Refused[] = [
  ['a speed', 'alpaca', undefined, ['--speed', '2'], /--speed is for the paper broker only/],
  ['money that paper does not have', 'paper', undefined, ['--live'], /--live is for brokers with real money/],
];

describe('refused with exit code 2, before anything is opened:', () => {
  it.each([...alpaca, ...fix, ...ccxt, ...both])('%s (%s)', async (_story, broker, config, more, says) => {
    const file = config === undefined ? [] : ['--config', here.file('c.json', config)];
    const args = ['run', '-', '--journal', here.path('j.db'), '--broker', broker, ...file, ...more];
    const { exitCode, stdout, stderr } = await cli(args, { stdin: jsonl(ADVISORY), env: { ...KEYS, ...CCXT_KEYS } });
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain('defect');
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
  });
});

describe('a secret in the config', () => {
  const secret = 'hunter2-hunter2';
  const places: readonly (readonly [broker: string, config: object, names: string, variable: string])[] = [
    ['alpaca', { keyId: secret }, 'keyId', 'APCA_API_KEY_ID'],
    ['alpaca', { secretKey: secret }, 'secretKey', 'APCA_API_SECRET_KEY'],
    ['alpaca', { APCA_API_SECRET_KEY: secret }, 'APCA_API_SECRET_KEY', 'APCA_API_SECRET_KEY'],
    ['alpaca', { api_key: secret, nonsense: 1 }, 'api_key', 'APCA_API_KEY_ID'],
    ['fix', { ...FIX, password: secret }, 'password', 'FILLCHART_FIX_PASSWORD'],
    ['fix', { ...FIX, logon: { RawData: secret } }, 'logon.RawData', 'FILLCHART_FIX_PASSWORD'],
    ['fix', { ...FIX, tls: { passphrase: secret } }, 'tls.passphrase', 'FILLCHART_FIX_TLS_PASSPHRASE'],
    ['ccxt:okx', { apiKey: secret }, 'apiKey', 'FILLCHART_CCXT_API_KEY or OKX_API_KEY'],
    ['ccxt:okx', { secret }, 'secret', 'FILLCHART_CCXT_SECRET or OKX_SECRET'],
    ['ccxt:okx', { password: secret }, 'password', 'FILLCHART_CCXT_PASSWORD or OKX_PASSWORD'],
  ];

  it.each(places)('%s: %j is refused with its name and its variable, and is not shown', async (...place) => {
    const [broker, config, names, variable] = place;
    const args = ['run', '-', '--journal', 'memory', '--broker', broker, '--config', here.file('c.json', config)];
    const { exitCode, stderr, stdout } = await cli(args, { stdin: jsonl(ADVISORY), env: KEYS });
    expect(stderr).toContain(`c.json: ${names} is a secret and must not be in a file`);
    expect(stderr).toContain(`set ${variable} in the environment`);
    expect(stderr + stdout).not.toContain(secret);
    expect(exitCode).toBe(2);
  });

  it('is not shown either when it hides in an address', async () => {
    const config = here.file('c.json', { tradingUrl: `https://me:${secret}@example.com` });
    const { exitCode, stderr } = await cli(['broker', 'check', '--broker', 'alpaca', '--config', config], {
      env: KEYS,
    });
    expect(stderr).toContain('tradingUrl has a user or a password in it');
    expect([stderr.includes(secret), exitCode]).toEqual([false, 2]);
  });
});

describe('keys', () => {
  it.each([
    ['alpaca', {}, 'APCA_API_KEY_ID'],
    ['alpaca', { APCA_API_KEY_ID: 'PK' }, 'APCA_API_SECRET_KEY'],
    ['ccxt:binance', {}, 'FILLCHART_CCXT_API_KEY or BINANCE_API_KEY'],
  ])('of %s are read from the environment: with %j, %s is missing', async (broker, env, variable) => {
    const { exitCode, stderr } = await cli(['broker', 'check', '--broker', broker], { env });
    expect(stderr).toContain('is missing; set it, or');
    expect(stderr).toContain(variable);
    expect(exitCode).toBe(2);
  });

  it.each(['--key', '--secret', '--password', '--api-key'])('are never on the command line: %s', async (option) => {
    for (const command of [
      ['run', '-'],
      ['broker', 'check', '--broker', 'alpaca'],
    ])
      expect((await cli([...command, option, 'x'])).exitCode).toBe(2);
  });
});

describe('the journal', () => {
  const run = (broker: string, ...more: readonly string[]) =>
    cli(['run', '-', '--broker', broker, ...more], { stdin: jsonl(ADVISORY), env: KEYS });

  it.each([
    ['paper', {}, 'memory'],
    ['alpaca', {}, 'alpaca.db'],
    ['alpaca', { live: true }, 'alpaca-live.db'],
    ['ccxt:kraken', {}, 'ccxt-kraken.db'],
    ['fix', { journal: 'memory' }, 'memory'],
    ['fix', { live: true, journal: 'desk.db' }, 'desk.db'],
  ] as const)('of %s, given %j, is %s: a crash must not lose live orders', (broker, options, where) => {
    expect(journalFor(broker, options)).toBe(where);
  });

  it('is not memory with real money', async () => {
    const { exitCode, stderr } = await run('alpaca', '--live', '--journal', 'memory');
    expect(stderr).toContain('with real money, name a file');
    expect(exitCode).toBe(2);
  });

  it('may be left out with paper', async () => {
    expect((await run('paper')).exitCode).toBe(0);
  });
});

describe('the sample configs', () => {
  it.each([
    ['alpaca', 'alpaca.json', 'alpaca-paper'],
    ['fix', 'fix.json', 'fix-VENUE'],
  ] as const)('of %s are taken as they are', async (name: BrokerName, sample, called) => {
    const text = readFileSync(fileURLToPath(new URL(`../../examples/${sample}`, import.meta.url)), 'utf8');
    const { broker, stakes } = await openBroker(name, {
      configPath: here.file(sample, text),
      live: false,
      clock: virtualClock(),
      env: KEYS,
      warn: () => undefined,
      advisories: [],
    });
    await broker.close?.();
    expect([broker.name, stakes]).toEqual([called, undefined]);
  });
});
