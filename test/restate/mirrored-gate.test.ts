/**
 * Switches and cases as a service in front of Restate has them: what it has changed it shows, whatever others change meanwhile.
 */
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { engineTime } from '../../src/actors/engine-time.js';
import type { CaseFact } from '../../src/domain/cases.js';
import { type MirroredGate, mirroredGate } from '../../src/restate/mirror/mirrored-gate.js';

const AT = '2026-03-07T03:00:00.000Z';
const opened = (caseId: string): CaseFact => ({
  type: 'CASE_OPENED',
  ...{ caseId, kind: 'MISMATCH', openedAt: AT, symbol: 'AAPL', mismatches: [] },
});
const resolved = (caseId: string): CaseFact => ({ type: 'CASE_RESOLVED', caseId, at: AT, by: 'ann', reason: 'seen' });

/** A gate whose log tells these facts, one a look, once a change was made. */
function gateOf(told: readonly CaseFact[]): MirroredGate {
  const clock = virtualClock();
  const facts = [...told];
  let isChanged = false;
  const change = async (): Promise<void> => {
    isChanged = true;
  };
  const gate = mirroredGate({
    front: {
      killSwitch: {
        set: change,
        release: change,
        stateFor: async () => 'OFF',
        switches: async () => [],
        history: async () => [],
      },
      cases: { open: async () => [], all: async () => [], resolve: change },
    },
    time: engineTime(clock),
    catchUp: async () => {
      const fact = isChanged ? facts.shift() : undefined;
      if (fact !== undefined) gate.takeCase(fact);
    },
  });
  gate.takeCase(opened('case-1'));
  return gate;
}

const isOpen = (gate: MirroredGate): boolean => gate.cases.open().some(({ caseId }) => caseId === 'case-1');

describe('a case that is resolved in front of Restate', () => {
  it('M1: is shown as resolved, also when a sweep opens another case and adds to this one meanwhile', async () => {
    const gate = gateOf([opened('case-2'), opened('case-1'), resolved('case-2'), resolved('case-1')]);
    await gate.cases.resolve('case-1', { by: 'ann', reason: 'seen' });
    expect(isOpen(gate)).toBe(false);
  });

  it('M1: one that the log does not tell in a while is left to the follower', async () => {
    const gate = gateOf([opened('case-2')]);
    await gate.cases.resolve('case-1', { by: 'ann', reason: 'seen' });
    expect(isOpen(gate)).toBe(true);
  });
});
