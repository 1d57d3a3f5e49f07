/**
 * Exits of very many positions that hear of something at once: taken in slices, behind what may lead to a cancel or a protection.
 */
import { virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { type ProtectionServices, protectionHost } from '../../src/actors/protection-host.js';
import { turns } from '../../src/actors/turns.js';
import { HELD } from './chart.support.js';

function positions() {
  const clock = virtualClock();
  const line = turns(clock, { underWay: undefined });
  const recorded: string[] = [];
  const services = {
    clock,
    time: () => clock.monotonic(),
    turns: line,
    recorder: {
      record: ({ fact }: { readonly fact: { readonly type: string } }) => {
        recorded.push(fact.type);
        return Promise.resolve({ durable: true });
      },
      say: () => undefined,
    },
    cases: { raise: () => Promise.resolve({ durable: true }) },
    watch: { watch: () => undefined, unwatch: () => undefined, query: async () => undefined },
    askPosition: async () => ({ kind: 'untold' }),
    onChange: () => undefined,
  } as unknown as ProtectionServices;
  const host = protectionHost(services);
  host.send({ type: 'START', at: 0, input: HELD });
  const filled = {
    clientOrderId: `${HELD.clientOrderId}-tp`,
    brokerOrderId: 'T1',
    state: 'filled',
    filledSize: '100',
    fillPrice: '155.53',
  };
  return { clock, line, recorded, host, fills: () => host.report('tp', filled) };
}

describe('the exits of very many positions', () => {
  it('B7 K3: a report on an exit waits while others have the event loop, and behind what is urgent', async () => {
    const { clock, line, recorded, fills } = positions();
    const held = line.hold();
    fills();
    line.later('act', () => recorded.push('a cancel of somebody else'));
    expect(recorded).toEqual(['START']);
    void held.release();
    await clock.advance(0);
    expect(recorded).toEqual(['START', 'a cancel of somebody else', 'EXIT_REPORT']);
  });

  it('B7: whoever looks at the position meanwhile sees it as it is', () => {
    const { line, recorded, host, fills } = positions();
    line.hold();
    fills();
    expect(host.context.exits.find(({ leg }) => leg === 'tp')?.cumQty).toBe('100');
    expect(recorded).toEqual(['START', 'EXIT_REPORT']);
  });

  it('A6 B7: what was put off is written down when the engine is closed', () => {
    const { line, recorded, host, fills } = positions();
    line.hold();
    fills();
    host.abandon();
    expect(recorded).toEqual(['START', 'EXIT_REPORT']);
  });

  it('control: where nobody else is busy it is taken in the turn in which it comes', () => {
    const { recorded, fills } = positions();
    fills();
    expect(recorded).toEqual(['START', 'EXIT_REPORT']);
  });
});
