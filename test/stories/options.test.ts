/**
 * What the engine takes and gives back: unknown options are refused by name, `close()` is one promise, handles end (E8, K10).
 */
import { createEngine, type EngineOptions, openJournalAdmin } from 'fillchart';
import { memoryJournal } from 'fillchart/adapters';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { ADVISORY, advisory, fill, fills, world } from './support.js';

const refusal = async (options: object): Promise<string> => {
  const clock = virtualClock();
  const broker = faultBroker({ clock });
  const opened = createEngine({ broker, clock, logger: false, ...options } as EngineOptions);
  return opened.then(
    () => 'accepted',
    (error: Error & { code?: string }) => `${error.code}: ${error.message}`,
  );
};

describe('unknown options (A14 E8)', () => {
  it.each([
    ['a misspelt journal', { journl: memoryJournal() }, 'journl', 'journal'],
    ['a misspelt interval', { pollIntervallMs: 5 }, 'pollIntervallMs', 'pollIntervalMs'],
    ['another case', { maxconcurrent: 5 }, 'maxconcurrent', 'maxConcurrent'],
    ['a misspelt deadline', { deadlines: { submitMS: 5 } }, 'deadlines.submitMS', 'deadlines.submitMs'],
  ])('A14 E8: %s is refused by name, with the nearest known one', async (_what, options, unknown, nearest) => {
    const said = await refusal(options);
    expect(said).toMatch(/^INVALID_OPTION: /);
    expect(said).toContain(unknown);
    expect(said).toContain(`"${nearest}"`);
  });

  it.each(['hardTimeoutMs', 'HARD_TIMEOUT_MS', 'timeoutMs', 'lateFillWindowMs'])(
    'A14 T1: %s is refused with the sentence that T is fixed',
    async (name) => {
      expect(await refusal({ [name]: 5 })).toMatch(/INVALID_OPTION: .*T is fixed.*30 s/);
    },
  );

  it('A14 E8: what resembles nothing is refused with the list of what is known', async () => {
    const said = await refusal({ zzzzzzzzzz: 1 });
    expect(said).toContain('zzzzzzzzzz');
    expect(said).toContain('journal');
  });

  it('A14 E8: close and execute refuse unknown options too, and nothing happens', async () => {
    const { engine, broker } = await world();
    await expect(engine.close({ drainMS: 5 } as never)).rejects.toThrow(/drainMS.*"drainMs"/);
    await expect(engine.execute(ADVISORY, { agian: true } as never)).rejects.toThrow(/agian.*"again"/);
    expect(broker.count('writes')).toBe(0);
    expect(engine.executions()).toEqual([]);
    await engine.close();
  });

  it('E8: a broken value of a known option is refused', async () => {
    expect(await refusal({ maxConcurrent: 0 })).toMatch(/maxConcurrent is 0/);
    expect(await refusal({ maxConcurrent: 1.5 })).toMatch(/maxConcurrent is 1.5/);
  });

  it('E8: an option that is there and undefined is as if it were not there', async () => {
    expect(await refusal({ pollIntervalMs: undefined, deadlines: undefined, maxConcurrent: undefined })).toBe(
      'accepted',
    );
  });
});

describe('close (A17 A18)', () => {
  it('A17 E8: close() while another one drains is the very same promise', async () => {
    const { engine, clock } = await world({ script: fills(fill(3, 100, 151)) });
    const { result } = engine.start(ADVISORY);
    await clock.advance(10);
    const first = engine.close({ drainMs: 60_000 });
    const second = engine.close();
    expect(second).toBe(first);
    let closed = false;
    void second.then(() => {
      closed = true;
    });
    await clock.advance(1_000);
    expect(closed).toBe(false);
    await clock.runUntil(first);
    expect((await result).status).toBe('FILLED');
  });

  it('A18: stage$ completes when the engine is closed, for listeners before and after', async () => {
    const { engine, clock } = await world();
    const execution = engine.start(ADVISORY);
    execution.result.catch(() => undefined);
    await clock.advance(10);
    let completed = 0;
    execution.stage$.subscribe({ complete: () => (completed += 1) });
    await clock.runUntil(engine.close());
    execution.stage$.subscribe({ complete: () => (completed += 1) });
    expect(completed).toBe(2);
  });
});

describe('the kill-switch handle (A19 K10)', () => {
  const names = (handle: object): string[] => {
    const all = new Set<string>();
    for (let at: object | null = handle; at !== null && at !== Object.prototype; at = Object.getPrototypeOf(at))
      for (const name of Reflect.ownKeys(at)) all.add(String(name));
    return [...all].sort();
  };
  const PUBLIC = ['changes$', 'history', 'isActive', 'release', 'set', 'stateFor', 'switches'];

  it('A19 K10: nothing on the handle of the engine opens the gate but release, nor on that of a journal admin', async () => {
    const { engine, clock } = await world();
    expect(names(engine.killSwitch)).toEqual(PUBLIC);
    expect(Object.isFrozen(engine.killSwitch)).toBe(true);
    const admin = await openJournalAdmin({ journal: memoryJournal(), clock: virtualClock(), logger: false });
    expect(names(admin.killSwitch)).toEqual(PUBLIC);
    await admin.close();
    await engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'drill' });
    for (const name of ['restore', 'close', 'stop', 'send'])
      expect((engine.killSwitch as unknown as Record<string, unknown>)[name]).toBeUndefined();
    expect((await clock.runUntil(engine.execute(advisory('B')))).status).toBe('REJECTED');
  });
});
