/** What the FIX stories share: an adapter on a scripted acceptor, both gone at the end of the test. */
import {
  type BrokerAdapter,
  type FrozenSnapshot,
  freezeSnapshot,
  type OrderReport,
  type OrderRequest,
} from 'fillchart';
import { type FixBrokerOptions, fixBroker } from 'fillchart/fix';
import { beforeAll, onTestFinished } from 'vitest';
import { loadFix } from '../../src/adapters/brokers/fix/library.js';
import { type AcceptorOptions, ScriptedAcceptor } from './scripted-acceptor.js';

/** The library takes its time to load, on a busy machine longer than a logon may take. */
beforeAll(async () => {
  await Promise.all([loadFix('FIX.4.2'), loadFix('FIX.4.4')]);
}, 120_000);

export const order = (id = 'fc-1', quantity = '100'): OrderRequest => ({
  clientOrderId: id,
  symbol: 'AAPL',
  side: 'buy',
  quantity,
  orderType: 'MARKET',
});

/** 100 AAPL, whose exits lie at 147.98 and 155.53 after a fill at 151. */
export const advisory = (advisoryId: string): FrozenSnapshot =>
  freezeSnapshot({
    ...{ advisoryId, symbol: 'AAPL', referencePrice: '150', slOffsetPct: '-0.02', tpOffsetPct: '0.03' },
    ...{ positionSize: '100', expirationTimestamp: '2090-01-01T00:00:00Z' },
  });

export const ref = (id = 'fc-1') => ({ clientOrderId: id, symbol: 'AAPL' });

/** Long enough for a busy machine; nothing waits for it when all goes well. */
export const soon = (): AbortSignal => AbortSignal.timeout(15_000);

export type Push = OrderReport | { readonly type: 'gap' };

interface Setting {
  readonly acceptor: ScriptedAcceptor;
  readonly broker: BrokerAdapter;
  readonly pushes: Push[];
  readonly warnings: string[];
  /** Resolves when the operator has been told what fulfils the condition. */
  warned(says: string): Promise<void>;
  /** Resolves when a push fulfils the condition. */
  pushed(condition: (push: Push) => boolean): Promise<void>;
}

export async function setting(
  options: Partial<FixBrokerOptions> = {},
  acceptorOptions: AcceptorOptions = {},
): Promise<Setting> {
  const version = options.version ?? 'FIX.4.4';
  const acceptor = await ScriptedAcceptor.listen({ version, ...acceptorOptions });
  onTestFinished(() => acceptor.close());
  return { acceptor, ...brokerOn(acceptor.port, options) };
}

export function brokerOn(port: number, options: Partial<FixBrokerOptions> = {}): Omit<Setting, 'acceptor'> {
  const warnings: string[] = [];
  const wakers = new Set<() => void>();
  const wake = (): void => {
    for (const look of wakers) look();
  };
  const until = (holds: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        wakers.delete(look);
        resolve();
      };
      wakers.add(look);
      look();
    });
  const broker = fixBroker({
    host: '127.0.0.1',
    port,
    senderCompId: 'US',
    targetCompId: 'VENUE',
    instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }],
    reconnectMs: 5,
    logoutTimeoutMs: 200,
    warn(message) {
      warnings.push(message);
      wake();
    },
    ...options,
  });
  const pushes: Push[] = [];
  broker.reports$?.subscribe((push) => {
    pushes.push(push);
    wake();
  });
  onTestFinished(() => broker.close?.());
  return {
    broker,
    pushes,
    warnings,
    pushed: (condition) => until(() => pushes.some(condition)),
    warned: (says) => until(() => warnings.some((warning) => warning.includes(says))),
  };
}
