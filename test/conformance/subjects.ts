/**
 * The brokers of this package in the situations of the conformance cases, on virtual time.
 */
import { type PaperScript, paperBroker } from 'fillchart/adapters';
import {
  type ConformanceSubject,
  type FaultBrokerOptions,
  faultBroker,
  type OrderScript,
  type Situation,
  virtualClock,
} from 'fillchart/testing';

export const SYMBOL = 'AAPL';
export const BOUND_MS = 1_000;
const AN_HOUR_MS = 3_600_000;

const paperScripts: { readonly [Name in Situation]: PaperScript } = {
  any: {},
  fills: {},
  rests: { fills: [] },
  'fills-partly': { fills: [{ afterMs: 0, quantity: '4' }] },
  rejects: { submit: { rejected: { code: 'NO_MARGIN', reason: 'not enough margin' } } },
  'submit-hangs': { submitAnswerAfterMs: AN_HOUR_MS },
  'query-hangs': {},
};

/** Long enough for an abort to come first, short enough for the answers that a case waits for. */
const SLOW_LINE_MS = 800;

export function paperSubject(situation: Situation): ConformanceSubject {
  const clock = virtualClock();
  const broker = paperBroker({
    clock,
    instruments: [{ symbol: SYMBOL, tickSize: '0.01', lotSize: '1' }],
    quotes: { [SYMBOL]: '150' },
    scripts: { [SYMBOL]: paperScripts[situation] },
    ...(situation === 'query-hangs' && { latencyMs: SLOW_LINE_MS }),
  });
  return {
    broker,
    wait: (ms) => clock.advance(ms),
    cutPush: async () => {
      broker.setConnected(false);
      await clock.advance(10);
      broker.setConnected(true);
    },
  };
}

const now = [{ at: 0, quantity: '10', price: '150' }];

const faultScripts: { readonly [Name in Situation]: OrderScript } = {
  any: {},
  fills: { fills: now },
  rests: {},
  'fills-partly': { fills: [{ at: 0, quantity: '4', price: '150' }] },
  rejects: { submit: { kind: 'rejected', code: 'NO_MARGIN', reason: 'not enough margin' } },
  'submit-hangs': { submit: 'hang' },
  'query-hangs': {},
};

export function faultSubject(situation: Situation, changes: Partial<FaultBrokerOptions> = {}): ConformanceSubject {
  const clock = virtualClock();
  const broker = faultBroker({
    clock,
    script: faultScripts[situation],
    capabilities: { batchStatus: true },
    instruments: { 'NO-SUCH-SYMBOL': 'unknown_symbol' },
    ...(situation === 'query-hangs' && { faults: { getOrderStatus: 'hang' } }),
    ...changes,
  });
  return { broker, wait: (ms) => clock.advance(ms) };
}
