/**
 * Facts of an execution whose order is open.
 */
import type { Decimal } from '../../src/domain/decimal.js';
import type { ExecutionFact } from '../../src/machines/execution.facts.js';
import { INPUT } from './support.js';

export const AT = Date.parse('2026-03-07T03:00:00.000Z');

/** From the start to an order that is open. */
export const OPENED: readonly ExecutionFact[] = [
  { type: 'START', at: AT, gate: { now: AT, killSwitchState: 'OFF' }, advisory: INPUT },
  {
    type: 'BROKER_ASKED',
    at: AT,
    answer: {
      kind: 'answered',
      instrument: { symbol: 'AAPL', tickSize: '0.01', lotSize: '1' },
      margin: 'ok',
      baseline: '0' as Decimal,
    },
  },
  { type: 'SUBMIT_STARTED', at: AT },
  { type: 'SUBMIT_OUTCOME', at: AT, outcome: { kind: 'accepted', brokerOrderId: 'B-1' } },
];
