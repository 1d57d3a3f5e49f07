/** `fillchart broker check` beside a process that trades: it says so, and the trading session stays up. */
import { createEngine } from 'fillchart';
import { fixBroker } from 'fillchart/fix';
import { describe, expect, it, onTestFinished } from 'vitest';
import { typed } from '../cli/brokers.support.js';
import { folder } from '../cli/cli.support.js';
import './fix.support.js';
import { ScriptedAcceptor } from './scripted-acceptor.js';

const here = folder();

describe.each([
  [
    'with a store',
    here.path('store'),
    /storeFolder cannot be used: FIX: the session FIX\.4\.4-US-VENUE in .*store is in use/,
  ],
  ['without a store', undefined, /FIX: the session FIX\.4\.4-US--VENUE-.* in .* is in use/],
])('broker check on a session that trades, %s', (_, storeFolder, says) => {
  it('ends with 2, names folder and process, and does not log on; afterwards it does', async () => {
    const acceptor = await ScriptedAcceptor.listen();
    onTestFinished(() => acceptor.close());
    acceptor.script = (message) => {
      if (message.type !== 'D') return;
      acceptor.accept(message);
      if (message.tag(40) === '1') acceptor.fill(message, '100', '151.00');
    };
    const options = {
      host: '127.0.0.1',
      port: acceptor.port,
      senderCompId: 'US',
      targetCompId: 'VENUE',
      logoutTimeoutMs: 200,
      instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }],
      ...(storeFolder !== undefined && { storeFolder }),
    };
    const engine = await createEngine({ broker: fixBroker(options), logger: false, onMismatch: 'report-only' });
    onTestFinished(() => engine.close());
    const advisory = {
      symbol: 'AAPL',
      referencePrice: '150',
      slOffsetPct: '-0.02',
      tpOffsetPct: '0.03',
      positionSize: '100',
      expirationTimestamp: '2099-01-01T00:00:00Z',
    };
    expect(await engine.execute({ ...advisory, advisoryId: 'before' })).toMatchObject({ status: 'FILLED' });
    const config = here.file('fix.json', { live: false, ...options });
    const check = () => typed(['broker', 'check', '--broker', 'fix', '--config', config]);
    const { exitCode, stderr } = await check();
    expect(stderr).toMatch(says);
    expect(stderr).toContain(`(${process.pid})`);
    expect([exitCode, acceptor.of('A').length, acceptor.of('5').length]).toEqual([2, 1, 0]);
    expect(await engine.execute({ ...advisory, advisoryId: 'after' })).toMatchObject({ status: 'FILLED' });
    await engine.close();
    expect((await check()).exitCode).toBe(0);
    expect(acceptor.of('D')).toHaveLength(6);
  });
});
