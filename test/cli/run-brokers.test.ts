/**
 * `fillchart run` at brokers that are reached over a network, and with real money at stake.
 */
import { readSqliteJournal } from 'fillchart/adapters';
import { type AlpacaSimulator, type AlpacaSimulatorOptions, alpacaSimulator } from 'fillchart/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ScriptedAcceptor } from '../fix/scripted-acceptor.js';
import { typed } from './brokers.support.js';
import { advisory, folder, jsonl } from './cli.support.js';

const here = folder();

async function alpaca(options: AlpacaSimulatorOptions = {}): Promise<AlpacaSimulator> {
  const simulator = await alpacaSimulator({ quotes: { AAPL: '151.00' }, ...options });
  onTestFinished(() => simulator.close());
  return simulator;
}

function runAt(simulator: AlpacaSimulator, more: readonly string[] = [], changes: object = {}) {
  const config = here.file('alpaca.json', { tradingUrl: simulator.url, dataUrl: simulator.url, ...changes });
  const file = here.file('today.jsonl', jsonl(advisory()));
  const keys = { APCA_API_KEY_ID: simulator.keyId, APCA_API_SECRET_KEY: simulator.secretKey };
  const where = ['--broker', 'alpaca', '--config', config, '--journal', here.path('alpaca.db')];
  return typed(['run', file, ...where, ...more], keys);
}

describe('at Alpaca', () => {
  it('an advisory is one order, filled and protected there', async () => {
    const simulator = await alpaca();
    const { exitCode, stdout, stderr } = await runAt(simulator);
    expect(stdout).toMatch(/^broker alpaca-paper \(paper account, .*alpaca\.json\), journal\s+.*alpaca\.db$/m);
    expect(stdout).toMatch(/✔ {2}A .*FILLED .*100 @ 151 .*147\.98 .*155\.53 .*MATCHED/);
    expect([exitCode, simulator.count('submit'), simulator.count('protect'), stderr]).toEqual([0, 1, 1, '']);
  });

  it('the same file again on the same journal sends nothing more [E1]', async () => {
    const simulator = await alpaca();
    await runAt(simulator);
    const { exitCode, stdout } = await runAt(simulator);
    expect(stdout).toMatch(/✔ {2}A .*FILLED/);
    expect([exitCode, simulator.count('submit')]).toEqual([0, 1]);
  });

  it('with real money it is said in the heading and on standard error, also with --json', async () => {
    const simulator = await alpaca();
    const sentence = 'LIVE TRADING: orders go to Alpaca with REAL MONEY.';
    const { stdout, stderr, exitCode } = await runAt(simulator, ['--live'], { live: true });
    expect(stdout.slice(0, stdout.indexOf('VALIDATING'))).toContain(`\n${sentence}\n`);
    expect(stderr.startsWith(`fillchart: ${sentence}\n`)).toBe(true);
    expect(exitCode).toBe(0);
    const second = await runAt(simulator, ['--live', '--json'], { live: true });
    expect(second.stderr.startsWith(`fillchart: ${sentence}\n`)).toBe(true);
    expect(JSON.parse(second.stdout)).toMatchObject({ broker: 'alpaca-live', live: true });
  });

  it('what the two say of real money must agree, or nothing is sent', async () => {
    const simulator = await alpaca();
    expect((await runAt(simulator, [], { live: true })).exitCode).toBe(2);
    expect((await runAt(simulator, ['--live'])).exitCode).toBe(2);
    expect(simulator.requests).toEqual([]);
  });

  it('what the adapter warns of is told while it runs', async () => {
    const simulator = await alpaca();
    simulator.cutStreams(true);
    const { stdout, stderr, exitCode } = await runAt(simulator);
    expect(stdout + stderr).toContain('The trade-updates stream of Alpaca is not up yet');
    expect(exitCode).toBe(0);
  });

  it('keys are in no output, log or journal [A2]', async () => {
    const simulator = await alpaca({ secretKey: 'sk-Very/Secret+Key01', keyId: 'PKVERYSECRET01' });
    const { stdout, stderr } = await runAt(simulator, ['--log', '-']);
    const records = JSON.stringify(await readSqliteJournal(here.path('alpaca.db')));
    expect(stderr).toContain('execution_result');
    for (const text of [stdout, stderr, records]) expect(text).not.toMatch(/sk-Very|PKVERYSECRET01/);
  });
});

describe('over FIX', () => {
  async function run(changes: object, more: readonly string[] = []) {
    const acceptor = await ScriptedAcceptor.listen();
    onTestFinished(() => acceptor.close());
    acceptor.script = (message) => {
      if (message.type !== 'D') return;
      acceptor.accept(message);
      if (message.tag(40) === '1') acceptor.fill(message, '100', '151.00');
    };
    const config = here.file('fix.json', {
      live: false,
      host: '127.0.0.1',
      port: acceptor.port,
      senderCompId: 'US',
      targetCompId: 'VENUE',
      storeFolder: 'store',
      orderStatus: 'reports',
      logoutTimeoutMs: 200,
      instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }],
      ...changes,
    });
    const file = here.file('today.jsonl', jsonl(advisory()));
    const where = ['--broker', 'fix', '--config', config, '--journal', here.path('fix.db')];
    return { acceptor, ...(await typed(['run', file, ...where, ...more])) };
  }

  it('an advisory is one NewOrderSingle and two exits; the heading says whose they are', async () => {
    const { acceptor, stdout, exitCode } = await run({});
    expect(stdout).toMatch(/^broker fix-VENUE \(US to VENUE at 127\.0\.0\.1:\d+, plain TCP, .*fix\.json\)/m);
    expect(stdout).toMatch(/✔ {2}A .*FILLED .*100 @ 151 .*147\.98 .*155\.53/);
    expect(acceptor.of('D').map((order) => order.tag(40))).toEqual(['1', '3', '2']);
    expect(exitCode).toBe(0);
  });

  it('with real money the counterparty is named loudly', async () => {
    const { acceptor, stdout, stderr } = await run({ live: true }, ['--live']);
    const sentence = `LIVE TRADING: orders go to VENUE at 127.0.0.1:${acceptor.port} with REAL MONEY.`;
    expect(stdout).toContain(`\n${sentence}\n`);
    expect(stderr).toContain(`fillchart: ${sentence}\n`);
  });
});
