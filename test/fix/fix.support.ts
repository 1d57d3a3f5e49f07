/** What the FIX stories share: an adapter on a scripted acceptor, both gone at the end of the test. */
import type { BrokerAdapter, OrderReport, OrderRequest } from 'fillchart';
import { type FixBrokerOptions, fixBroker } from 'fillchart/fix';
import { onTestFinished } from 'vitest';
import { type AcceptorOptions, ScriptedAcceptor } from './scripted-acceptor.js';

export const order = (id = 'fc-1', quantity = '100'): OrderRequest => ({
  clientOrderId: id,
  symbol: 'AAPL',
  side: 'buy',
  quantity,
  orderType: 'MARKET',
});

export const ref = (id = 'fc-1') => ({ clientOrderId: id, symbol: 'AAPL' });

/** Long enough for a busy machine; nothing waits for it when all goes well. */
export const soon = (): AbortSignal => AbortSignal.timeout(15_000);

export type Push = OrderReport | { readonly type: 'gap' };

export interface Setting {
  readonly acceptor: ScriptedAcceptor;
  readonly broker: BrokerAdapter;
  readonly pushes: Push[];
  readonly warnings: string[];
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
  const broker = fixBroker({
    host: '127.0.0.1',
    port,
    senderCompId: 'US',
    targetCompId: 'VENUE',
    instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }],
    reconnectMs: 5,
    logoutTimeoutMs: 200,
    warn: (message) => warnings.push(message),
    ...options,
  });
  const pushes: Push[] = [];
  const wakers = new Set<() => void>();
  broker.reports$?.subscribe((push) => {
    pushes.push(push);
    for (const wake of wakers) wake();
  });
  onTestFinished(() => broker.close?.());
  const pushed = (condition: (push: Push) => boolean): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!pushes.some(condition)) return;
        wakers.delete(look);
        resolve();
      };
      wakers.add(look);
      look();
    });
  return { broker, pushes, warnings, pushed };
}
