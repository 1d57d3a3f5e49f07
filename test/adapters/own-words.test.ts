/**
 * A venue's word that is the name of something every JavaScript object has: an unknown word like any other.
 */
import { describe, expect, it } from 'vitest';
import { reportOf as alpacaReport } from '../../src/adapters/brokers/alpaca/wire-order.js';
import { type Execution, reportOf as fixReport } from '../../src/adapters/brokers/fix/execution-report.js';
import { inOwnWords } from '../../src/adapters/brokers/own-words.js';

describe.each(['constructor', 'toString', 'hasOwnProperty', '__proto__'])('a status of %s', (status) => {
  it('P2: is in no table', () => {
    expect(inOwnWords({ new: 'submitted' }, status)).toBeUndefined();
  });

  it('P2: is told by Alpaca’s adapter as the word that it is', () => {
    const order = { id: 'o-1', client_order_id: 'fc-1', status, filled_qty: '0' };
    expect(alpacaReport(order)?.state).toBe(status);
  });

  it('P2: is told by the FIX adapter as the word that it is', () => {
    const execution = { does: 'tell', ordStatus: status, orderId: 'o-1' } as unknown as Execution;
    expect(fixReport(execution, 'fc-1', 'entry').state).toBe(`status_${status}`);
  });
});
