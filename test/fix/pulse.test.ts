/** The heartbeats of a session in a process that stands still. */
import { describe, expect, it } from 'vitest';
import { pulse } from '../../src/adapters/brokers/fix/pulse.js';

/** A clock whose timers fire late, when the process is running again. */
function standstill() {
  let now = 0;
  let due: { readonly at: number; readonly act: () => void } | undefined;
  const clock = {
    now: () => now,
    monotonic: () => now,
    setTimeout(act: () => void, ms: number) {
      due = { at: now + ms, act };
      return due;
    },
    clearTimeout: () => {},
  };
  return {
    clock,
    /** The process runs for so long, each tick at its time. */
    run(ms: number) {
      const end = now + ms;
      while (due !== undefined && due.at <= end) {
        const { at, act } = due;
        now = at;
        act();
      }
      now = end;
    },
    /** The process stands still, and the tick that was due comes behind it. */
    stand(ms: number) {
      now += ms;
      due?.act();
    },
  };
}

function beating() {
  const world = standstill();
  const said: string[] = [];
  const beats = pulse(
    { clock: world.clock, heartbeatSeconds: 10 },
    {
      beat: () => said.push('beat'),
      test: () => said.push('test'),
      look: () => {},
      silent: () => said.push('silent'),
    },
  );
  beats.start();
  return { ...world, beats, said };
}

describe('FIX heartbeats of a process that stands still', () => {
  it('A36: what the counterparty sent meanwhile is read before its silence is judged', () => {
    const { run, stand, beats, said } = beating();
    run(5_000);
    stand(60_000);
    expect(said).not.toContain('silent');
    beats.heard();
    run(9_000);
    expect(said).not.toContain('silent');
  });

  it('a counterparty that was silent all the while is given up on the next tick', () => {
    const { run, stand, said } = beating();
    run(5_000);
    stand(60_000);
    run(1_500);
    expect(said).toContain('silent');
  });

  it('a control: in a process that runs, silence ends the session after 2.5 heartbeats', () => {
    const { run, said } = beating();
    run(24_900);
    expect(said).not.toContain('silent');
    run(200);
    expect(said).toContain('silent');
  });
});
