/** What a FIX message proves, row by row. */
import { describe, expect, it } from 'vitest';
import {
  CANCEL_TABLE,
  classifyCancel,
  classifySubmit,
  type Heard,
  SUBMIT_TABLE,
} from '../../src/adapters/brokers/fix/classify.js';

const submits: readonly (readonly [string, Heard, string])[] = [
  ['the session was not ready', { kind: 'not_ready', cause: 'down' }, 'not_sent'],
  ['ExecutionReport New', { kind: '8', ordStatus: '0', orderId: 'o' }, 'accepted'],
  ['ExecutionReport PendingNew', { kind: '8', ordStatus: 'A', orderId: 'o' }, 'accepted'],
  ['ExecutionReport Fill before any New', { kind: '8', ordStatus: '2', orderId: 'o' }, 'accepted'],
  ['ExecutionReport Canceled: it existed', { kind: '8', ordStatus: '4', orderId: 'o' }, 'accepted'],
  ['ExecutionReport without OrderID', { kind: '8', ordStatus: '0' }, 'unknown'],
  ['ExecutionReport with OrderID NONE', { kind: '8', ordStatus: '0', orderId: 'NONE' }, 'unknown'],
  ['Rejected, broker option', { kind: '8', ordStatus: '8', reason: '0', orderId: 'o' }, 'rejected'],
  ['Rejected, no reason', { kind: '8', ordStatus: '8' }, 'rejected'],
  ['Rejected, duplicate order', { kind: '8', ordStatus: '8', reason: '6' }, 'duplicate'],
  [
    'Rejected, other, "Duplicate ClOrdID"',
    { kind: '8', ordStatus: '8', reason: '99', text: 'Duplicate ClOrdID' },
    'duplicate',
  ],
  ['Rejected, unknown order', { kind: '8', ordStatus: '8', reason: '5' }, 'unknown'],
  ['session Reject', { kind: '3', reason: '5', text: 'Value is incorrect' }, 'rejected'],
  ['BusinessMessageReject', { kind: 'j', reason: '4', text: 'Application not available' }, 'rejected'],
  ['BusinessMessageReject, duplicate', { kind: 'j', reason: '0', text: 'duplicate order' }, 'duplicate'],
  ['OrderCancelReject: not an answer to an order', { kind: '9', reason: '0' }, 'unknown'],
  ['no answer', { kind: 'lost', cause: 'no answer in time' }, 'unknown'],
];

const cancels: readonly (readonly [string, Heard, string])[] = [
  ['PendingCancel', { kind: '8', ordStatus: '6' }, 'requested'],
  ['Canceled', { kind: '8', ordStatus: '4' }, 'requested'],
  ['filled first', { kind: '8', ordStatus: '2' }, 'already_closed'],
  ['too late to cancel', { kind: '9', reason: '0' }, 'already_closed'],
  ['unknown order', { kind: '9', reason: '1' }, 'not_found'],
  ['already pending cancel', { kind: '9', reason: '3' }, 'requested'],
  ['refused, order filled', { kind: '9', reason: '99', ordStatus: '2' }, 'already_closed'],
  ['refused, cancel pending', { kind: '9', reason: '99', ordStatus: '6' }, 'requested'],
  ['refused for a reason of its own', { kind: '9', reason: '2', ordStatus: '0' }, 'unknown'],
  ['session Reject', { kind: '3', reason: '1' }, 'unknown'],
  ['no answer', { kind: 'lost', cause: 'cut' }, 'unknown'],
  ['not ready', { kind: 'not_ready', cause: 'down' }, 'unknown'],
];

describe('FIX classification', () => {
  it.each(submits)('S3 order: %s', (_, heard, proves) => {
    expect(classifySubmit(heard).kind).toBe(proves);
  });

  it.each(cancels)('T3 cancel: %s', (_, heard, proves) => {
    expect(classifyCancel(heard)).toBe(proves);
  });

  it('S1 no rejection is transient: a second try would be a second NewOrderSingle', () => {
    for (const [, heard] of submits) expect(classifySubmit(heard)).not.toHaveProperty('transient');
  });

  it('not_sent is proved by one row alone, and every row is reached by a story above', () => {
    expect(SUBMIT_TABLE.filter(({ proves }) => proves === 'not_sent')).toHaveLength(1);
    expect(new Set(submits.map(([, , proves]) => proves))).toEqual(new Set(SUBMIT_TABLE.map(({ proves }) => proves)));
    expect(new Set(cancels.map(([, , proves]) => proves))).toEqual(
      new Set([...CANCEL_TABLE.map(({ proves }) => proves), 'unknown']),
    );
  });
});
