/**
 * `fillchart broker check`: tells what there is, ends by its deadline, and places nothing.
 */
import { fixBroker } from 'fillchart/fix';
import { type AlpacaSimulator, alpacaSimulator } from 'fillchart/testing';
import { filter, firstValueFrom, NEVER } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ScriptedAcceptor } from '../fix/scripted-acceptor.js';
import { typed } from './brokers.support.js';
import { cli, folder } from './cli.support.js';

const here = folder();

async function alpaca(): Promise<AlpacaSimulator> {
  const simulator = await alpacaSimulator({ quotes: { AAPL: '151.00' } });
  onTestFinished(() => simulator.close());
  return simulator;
}

function checkAlpaca(simulator: AlpacaSimulator, more: readonly string[] = [], env: object = {}) {
  const config = here.file('alpaca.json', { tradingUrl: simulator.url, dataUrl: simulator.url });
  const keys = { APCA_API_KEY_ID: simulator.keyId, APCA_API_SECRET_KEY: simulator.secretKey, ...env };
  return typed(['broker', 'check', '--broker', 'alpaca', '--config', config, ...more], keys);
}

/** Whatever is not a read. */
const writes = ({ requests }: AlpacaSimulator) => requests.filter(({ method }) => method !== 'GET');

describe('at Alpaca', () => {
  it('prints capabilities, rules, clock and rate limit, and sends no POST', async () => {
    const simulator = await alpaca();
    simulator.setPosition('MSFT', '5');
    const { exitCode, stdout, stderr } = await checkAlpaca(simulator, ['--symbol', 'AAPL', 'MSFT']);
    expect(stdout).toMatch(/^broker +alpaca-paper \(paper account, .*alpaca\.json\)$/m);
    expect(stdout).toMatch(/^connected +in \d+ ms$/m);
    expect(stdout).toMatch(/^clock +\d{4}-.*Z, (?:as ours|\d+ ms (?:behind|ahead of) ours) \(within \d+ ms\)$/m);
    expect(stdout).toMatch(/^rate limit +200 requests a minute, 1\d\d left$/m);
    expect(stdout).toMatch(/^capabilities +pushes reports, .*SL and TP as one OCO/m);
    expect(stdout).toMatch(/^AAPL +tick 0\.01, lot 1 \(protected in steps of 1\), at least 1$/m);
    expect(stdout).toMatch(/^positions +1$/m);
    expect(stdout).toMatch(/^ok +the broker is there and knows us\. Nothing was placed\.$/m);
    expect([exitCode, stderr, writes(simulator), simulator.orders()]).toEqual([0, '', [], []]);
    expect(stdout).not.toContain(simulator.secretKey);
  });

  it('--json is one document', async () => {
    const simulator = await alpaca();
    const { stdout } = await checkAlpaca(simulator, ['--symbol', 'AAPL', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      format: 1,
      broker: 'alpaca-paper',
      live: false,
      verdict: 'ok',
      capabilities: { nativeOco: true },
      description: { clock: { withinMs: expect.any(Number) }, rateLimit: { requests: 200, perMs: 60_000 } },
      instruments: [{ symbol: 'AAPL', tickSize: '0.01', effectiveLotSize: '1' }],
      positions: 0,
      openOrders: 0,
      problems: [],
    });
    expect(writes(simulator)).toEqual([]);
  });

  it('a closed market is told, and is no failure', async () => {
    const simulator = await alpaca();
    simulator.setOpen(false);
    const { exitCode, stdout } = await checkAlpaca(simulator, ['--symbol', 'AAPL']);
    expect(stdout).toMatch(/^market +closed until /m);
    expect(stdout).toMatch(/AAPL .*NOT TRADABLE now: the market is\s+closed/);
    expect(exitCode).toBe(0);
  });

  it('ends with 5 when the keys are refused, and never shows them', async () => {
    const simulator = await alpaca();
    const { exitCode, stdout } = await checkAlpaca(simulator, [], { APCA_API_SECRET_KEY: 'sk-wrong-secret' });
    expect(stdout).toMatch(/^connect +Alpaca: HTTP 401: the API keys are refused .*check APCA_API_KEY_ID,$/m);
    expect(stdout).toMatch(/^refused +the broker says no/m);
    expect([exitCode, stdout.includes('sk-wrong-secret')]).toEqual([5, false]);
  });

  it('ends with 5 when a symbol is not known; the others are told', async () => {
    const simulator = await alpaca();
    const { exitCode, stdout } = await checkAlpaca(simulator, ['--symbol', 'NOPE', '--symbol', 'AAPL']);
    expect(stdout).toMatch(/^instrument NOPE +the broker does not know NOPE$/m);
    expect(stdout).toMatch(/^AAPL +tick/m);
    expect(exitCode).toBe(5);
  });

  it('ends with 4 when nobody is there', async () => {
    const simulator = await alpaca();
    await simulator.close();
    const { exitCode, stdout } = await checkAlpaca(simulator);
    expect(stdout).toMatch(/^connect +Alpaca: ECONNREFUSED$/m);
    expect(stdout).toMatch(/^unreachable +the broker did not answer/m);
    expect(exitCode).toBe(4);
  });

  it.each([{ status: 503 }, { status: 403 }, 'html', 'cut_body'] as const)(
    'ends with 4 when something else than Alpaca answers: %j',
    async (answer) => {
      const simulator = await alpaca();
      simulator.fault({ on: 'account', answer });
      expect((await checkAlpaca(simulator)).exitCode).toBe(4);
    },
  );

  it('ends by its deadline, with 4, when there is only silence', async () => {
    const simulator = await alpaca();
    simulator.fault({ on: 'account', answer: 'silence' });
    const { exitCode, stdout } = await checkAlpaca(simulator, ['--timeout', '1']);
    expect(stdout).toMatch(/^connect +no answer in time$/m);
    expect(exitCode).toBe(4);
  });

  it('with real money it is said before anything is sent', async () => {
    const simulator = await alpaca();
    const config = here.file('live.json', { live: true, tradingUrl: simulator.url, dataUrl: simulator.url });
    const keys = { APCA_API_KEY_ID: simulator.keyId, APCA_API_SECRET_KEY: simulator.secretKey };
    const args = ['broker', 'check', '--broker', 'alpaca', '--config', config];
    const { exitCode, stdout, stderr } = await typed([...args, '--live'], keys);
    expect(stderr).toMatch(/^fillchart: LIVE TRADING: orders go to Alpaca with REAL MONEY\./);
    expect(stdout).toMatch(/^ +REAL MONEY$/m);
    expect([exitCode, writes(simulator)]).toEqual([0, []]);
    expect((await typed(args, keys)).exitCode).toBe(2);
  });
});

describe('over FIX', () => {
  const checkFix = (acceptor: ScriptedAcceptor, more: readonly string[] = [], changes: object = {}, env = {}) => {
    const config = here.file('fix.json', {
      live: false,
      host: '127.0.0.1',
      port: acceptor.port,
      senderCompId: 'US',
      targetCompId: 'VENUE',
      logoutTimeoutMs: 200,
      instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }],
      ...changes,
    });
    return typed(['broker', 'check', '--broker', 'fix', '--config', config, ...more], env);
  };

  async function acceptorWith(options: Parameters<typeof ScriptedAcceptor.listen>[0] = {}): Promise<ScriptedAcceptor> {
    const acceptor = await ScriptedAcceptor.listen(options);
    onTestFinished(() => acceptor.close());
    return acceptor;
  }

  const orders = (acceptor: ScriptedAcceptor) => ['D', 'F', 'G'].flatMap((type) => acceptor.of(type));

  it('logs on and out, prints session, clock and rules, and sends no NewOrderSingle', async () => {
    const acceptor = await acceptorWith();
    const env = { FILLCHART_FIX_PASSWORD: 'fix-Secret' };
    const { exitCode, stdout, stderr } = await checkFix(acceptor, ['--symbol', 'AAPL'], { username: 'me' }, env);
    expect(stdout).toMatch(/^broker +fix-VENUE \(US to VENUE at 127\.0\.0\.1:\d+, plain TCP, /m);
    expect(stdout).toMatch(/^account +FIX\.4\.4 session of US with VENUE at 127\.0\.0\.1:\d+, logged on$/m);
    expect(stdout).toMatch(/^clock +\d{4}-.*Z, (?:as ours|\d+ ms (?:behind|ahead of) ours)$/m);
    expect(stdout).toMatch(/^positions +not told$/m);
    expect(stdout).toMatch(/^AAPL +tick 0\.01, lot 1$/m);
    expect([exitCode, stderr, orders(acceptor), acceptor.logons]).toEqual([0, '', [], 1]);
    expect(acceptor.received.map(({ type }) => type)).toEqual(['A', '5']);
    expect(acceptor.of('A')[0]?.tag(554)).toBe('fix-Secret');
    expect(stdout).not.toContain('fix-Secret');
  });

  it('ends with 5 when the logon is refused', async () => {
    const acceptor = await acceptorWith({ onLogon: 'logout', logoutText: 'unknown user' });
    const { exitCode, stdout } = await checkFix(acceptor);
    expect(stdout).toMatch(/^connect +FIX: no session with VENUE: the counterparty logged out: unknown user$/m);
    expect([exitCode, orders(acceptor)]).toEqual([5, []]);
  });

  it.each(['cut', 'silence'] as const)('ends with 4 when the logon is met with %s', async (onLogon) => {
    const acceptor = await acceptorWith({ onLogon });
    const { exitCode, stdout } = await checkFix(acceptor, ['--timeout', '2'], { logonTimeoutMs: 300 });
    expect(stdout).toMatch(/^connect +FIX: no session with VENUE: /m);
    expect([exitCode, orders(acceptor)]).toEqual([4, []]);
  });
});

describe('over FIX, with reports that were missed', () => {
  const config = (acceptor: ScriptedAcceptor) => ({
    live: false,
    host: '127.0.0.1',
    port: acceptor.port,
    senderCompId: 'US',
    targetCompId: 'VENUE',
    storeFolder: here.path('store'),
    logoutTimeoutMs: 200,
    instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }],
  });

  it('leaves them, and the exits, for the next run', async () => {
    const acceptor = await ScriptedAcceptor.listen();
    onTestFinished(() => acceptor.close());
    acceptor.script = (message) => message.type === 'D' && acceptor.accept(message);
    const first = fixBroker({ ...config(acceptor), warn: () => undefined });
    const signal = AbortSignal.timeout(15_000);
    await first.connect?.(signal);
    const exits = { clientOrderId: 'fc-1', symbol: 'AAPL', side: 'sell', quantity: '100' } as const;
    await first.placeProtection({ ...exits, stopLoss: '147.98', takeProfit: '155.53' }, signal);
    await first.close?.();
    acceptor.isMute = true;
    const takeProfit = acceptor.of('D').find((message) => message.tag(11) === 'fc-1-tp');
    if (takeProfit !== undefined) acceptor.fill(takeProfit, '100', '155.53');
    acceptor.isMute = false;

    const file = here.file('fix.json', config(acceptor));
    const { exitCode } = await typed(['broker', 'check', '--broker', 'fix', '--config', file]);
    expect([exitCode, acceptor.of('F').length]).toEqual([0, 0]);

    const second = fixBroker({ ...config(acceptor), warn: () => undefined });
    onTestFinished(() => second.close?.());
    const filled = firstValueFrom(
      (second.reports$ ?? NEVER).pipe(filter((push) => 'clientOrderId' in push && push.state === 'filled')),
    );
    await second.connect?.(signal);
    expect(await filled).toMatchObject({ clientOrderId: 'fc-1-tp', filledSize: '100' });
    await acceptor.until(() => acceptor.of('F').length > 0);
    expect(acceptor.of('F')[0]?.tag(41)).toBe('fc-1-sl');
    expect(acceptor.logons).toBe(3);
  });
});

describe('on paper', () => {
  it('takes the config of the paper broker', async () => {
    const config = here.file('paper.json', { instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }] });
    const { exitCode, stdout } = await cli([
      'broker',
      'check',
      '--broker',
      'paper',
      '--config',
      config,
      '--symbol',
      'AAPL',
    ]);
    expect(stdout).toMatch(/^AAPL +tick 0\.01, lot 1$/m);
    expect(exitCode).toBe(0);
  });
});

describe('used wrongly', () => {
  it.each([
    [['broker'], /Usage: fillchart broker/],
    [['broker', 'check'], /required option '--broker <name>' not specified/],
    [['broker', 'check', '--broker', 'alpaca', '--timeout', '0'], /from 1 to 60/],
    [['broker', 'check', '--broker', 'etrade'], /no broker "etrade"/],
  ])('%j ends with 2', async (args, says) => {
    const { exitCode, stderr } = await cli(args);
    expect(stderr).toMatch(says);
    expect(exitCode).toBe(2);
  });
});
