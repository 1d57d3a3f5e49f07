/**
 * A service without sockets: a virtual clock, scripted brokers, and requests that are handed in.
 */
import { memoryJournal } from 'fillchart/adapters';
import { createService, type Service, type ServiceOptions } from 'fillchart/service';
import {
  type FaultBroker,
  type FaultBrokerOptions,
  faultBroker,
  VIRTUAL_EPOCH_MS,
  type VirtualClock,
  virtualClock,
} from 'fillchart/testing';
import { afterEach } from 'vitest';
import type { AccountOptions } from '../../src/service/accounts/account.js';

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  // The body of an answer is looked at member by member.
  readonly body: Body;
  readonly text: string;
}

interface Body {
  readonly [name: string]: unknown;
}

export interface Desk {
  readonly clock: VirtualClock;
  readonly service: Service;
  readonly brokers: Readonly<Record<string, FaultBroker>>;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** The same, with the body as it is to be on the wire. */
  postText(path: string, text: string, headers?: Record<string, string>): Promise<Answer>;
}

export interface DeskSetting {
  /** Brokers by account; one account `paper` with a broker that fills nothing by default. */
  readonly accounts?: Readonly<Record<string, Omit<FaultBrokerOptions, 'clock'>>>;
  readonly account?: Partial<AccountOptions>;
  readonly options?: Partial<ServiceOptions>;
  readonly clock?: VirtualClock;
  /** False: the accounts are not opened. */
  readonly opened?: boolean;
}

const running: { readonly service: Service; readonly clock: VirtualClock }[] = [];

afterEach(async () => {
  for (const { service, clock } of running.splice(0)) await clock.runUntil(service.close()).catch(() => undefined);
});

export async function desk({
  accounts = { paper: {} },
  account,
  options,
  clock = virtualClock(),
  opened = true,
}: DeskSetting = {}): Promise<Desk> {
  const brokers = Object.fromEntries(
    Object.entries(accounts).map(([name, setting]) => [name, faultBroker({ clock, ...setting })]),
  );
  const service = createService({
    accounts: Object.entries(brokers).map(([name, broker]) => ({ name, broker, journal: memoryJournal(), ...account })),
    ...(Object.keys(brokers).length > 1 && { killSwitchJournal: memoryJournal() }),
    clock,
    logger: false,
    version: '0.0.0-test',
    ...options,
  });
  running.push({ service, clock });
  await service.app.ready();
  if (opened) {
    await clock.runUntil(service.open());
    await clock.settle();
  }
  const call = async (method: 'GET' | 'POST', url: string, payload?: string, headers: Record<string, string> = {}) => {
    const sent = service.app.inject({
      method,
      url,
      headers: { ...(payload !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(payload !== undefined && { payload }),
    });
    const { statusCode: status, headers: got, body: text } = await clock.runUntil(Promise.resolve(sent));
    const isJson = String(got['content-type']).startsWith('application/json') && text !== '';
    return { status, headers: got, text, body: isJson ? (JSON.parse(text) as Body) : {} };
  };
  return {
    clock,
    service,
    brokers,
    get: (path, headers) => call('GET', path, undefined, headers),
    post: (path, body, headers) => call('POST', path, JSON.stringify(body ?? {}), headers),
    postText: (path, text, headers) => call('POST', path, text, headers),
  };
}

export const ADVISORY = {
  advisoryId: 'ADV-A',
  symbol: 'AAPL',
  side: 'buy',
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '100',
  expirationTimestamp: new Date(VIRTUAL_EPOCH_MS + 3_600_000).toISOString(),
} as const;

export const advisory = (advisoryId: string, differs: object = {}): object => ({ ...ADVISORY, advisoryId, ...differs });

/** Fills whole at 151, a second after the order. */
export const FILLS = { script: { fills: [{ at: 1_000, quantity: '100', price: '151' }] } } as const;

export const submitsOf = (broker: FaultBroker | undefined): number =>
  (broker?.calls ?? []).filter(({ method }) => method === 'submitOrder').length;
