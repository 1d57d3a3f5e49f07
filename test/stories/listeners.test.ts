/**
 * Listeners: they hear after the commands are on their way, what they throw is contained, and no library is changed (E6, E2).
 */
import type { Execution } from 'fillchart';
import { config, map, throwError } from 'rxjs';
import { afterEach, describe, expect, it } from 'vitest';
import { ADVISORY, advisory, execute, fill, fills, set, type World, world } from './support.js';

type Hook = (now: World, execution: Execution, act: () => void) => void;

/** Every way to listen, each told to act once, as soon as the chart has reached `state`. */
const LISTENERS: readonly (readonly [string, Hook])[] = [
  ['actor.subscribe', (_now, { actor }, act) => void actor.subscribe(() => act())],
  ['actor.on', (_now, { actor }, act) => void actor.on('*' as never, () => act())],
  ['stage$', (_now, { stage$ }, act) => void stage$.subscribe(() => act())],
  ['audit$', ({ engine }, _execution, act) => void engine.audit$.subscribe(() => act())],
];
const STATES = ['validating', 'submitted', 'pending', 'filled', 'reconciling', 'done'] as const;

describe('what listeners hear, and when (A10 E6)', () => {
  it.each(LISTENERS.flatMap(([name, hook]) => STATES.map((state) => [name, state, hook] as const)))(
    'A10 E6 K2 K3: a listener on %s that sets GLOBAL in %s: no order leaves with the gate closed',
    async (_name, state, hook) => {
      const now = await world({ script: fills(fill(1, 100, 151)) });
      const { engine, broker, clock } = now;
      const execution = engine.start(ADVISORY);
      let submitsWhenSet: number | undefined;
      hook(now, execution, () => {
        const { value } = execution.actor.getSnapshot();
        const top = typeof value === 'string' ? value : Object.keys(value)[0];
        if (top !== state || submitsWhenSet !== undefined) return;
        submitsWhenSet = broker.count('submitOrder');
        void set('GLOBAL')(now);
      });
      const result = await clock.runUntil(execution.result);
      expect(broker.count('submitOrder')).toBe(submitsWhenSet ?? broker.count('submitOrder'));
      if (broker.count('submitOrder') === 0) expect(result.status).toBe('REJECTED');
      else expect(['FILLED', 'CANCELLED']).toContain(result.status);
    },
  );

  it('A10 E6: no listener runs between the last look and the submit call', async () => {
    let isCalling = false;
    const heard: boolean[] = [];
    const now = await world({
      script: fills(fill(1, 100, 151)),
      wrap: (broker) => ({
        ...broker,
        submitOrder: (order, signal) => {
          isCalling = true;
          return broker.submitOrder(order, signal);
        },
      }),
    });
    const { engine, clock } = now;
    const execution = engine.start(ADVISORY);
    const note = () => {
      const { attempts } = execution.actor.getSnapshot().context;
      if (attempts.length > 0) heard.push(isCalling);
    };
    for (const [, hook] of LISTENERS) hook(now, execution, note);
    await clock.runUntil(execution.result);
    expect(heard.length).toBeGreaterThan(4);
    expect(heard).not.toContain(false);
  });

  it('E6 K3: changes$ and audit$ hear of a switch when its cancels have gone out', async () => {
    const now = await world({ script: {} });
    const { engine, clock, broker } = now;
    const { result } = engine.start(ADVISORY);
    await clock.advance(1_000);
    const cancels: number[] = [];
    engine.killSwitch.changes$.subscribe(() => cancels.push(broker.count('cancelOrder')));
    engine.audit$.subscribe(({ event }) => event === 'kill_switch_abort' && cancels.push(broker.count('cancelOrder')));
    await clock.runUntil(engine.killSwitch.set({ type: 'GLOBAL', state: 'ACTIVE', reason: 'drill' }));
    await clock.runUntil(result);
    expect(cancels).toEqual([1, 1]);
  });

  it('E6: when the result is there, every listener has heard everything', async () => {
    const now = await world({ script: fills(fill(1, 100, 151)) });
    const execution = now.engine.start(ADVISORY);
    const stages: string[] = [];
    const events: string[] = [];
    let states = 0;
    execution.stage$.subscribe((stage) => stages.push(stage));
    now.engine.audit$.subscribe(({ event }) => events.push(event));
    execution.actor.subscribe(() => (states += 1));
    await now.clock.runUntil(execution.result);
    expect(stages).toEqual(['VALIDATING', 'SUBMITTED', 'PENDING', 'FILLED']);
    expect(events.at(-1)).toBe('execution_result');
    expect(states).toBeGreaterThan(4);
  });
});

describe('stages of what was refused (A16)', () => {
  it('A16: an execution that is refused at the last look was never SUBMITTED', async () => {
    const now = await world({ faults: { instrument: { delayMs: 500 } } });
    const execution = now.engine.start({ ...ADVISORY, expirationTimestamp: new Date(now.clock.now() + 500) });
    const stages: string[] = [];
    execution.stage$.subscribe((stage) => stages.push(stage));
    const result = await now.clock.runUntil(execution.result);
    expect(result.reason).toBe('ADVISORY_EXPIRED');
    expect(now.broker.count('submitOrder')).toBe(0);
    expect(stages).toEqual(['VALIDATING', 'REJECTED']);
  });
});

describe('no global of a library is changed (A12 E6)', () => {
  afterEach(() => {
    config.onUnhandledError = null;
  });

  it("A12: createEngine, a throwing listener and close leave RxJS' settings alone", async () => {
    const before = config.onUnhandledError;
    const now = await world({ script: fills(fill(1, 100, 151)) });
    expect(config.onUnhandledError).toBe(before);
    await execute(now);
    await now.clock.runUntil(now.engine.close());
    expect(config.onUnhandledError).toBe(before);
  });

  it("A12 E2: what listeners of the engine throw is logged, and the program's own errors reach the program, also after close", async () => {
    const reached: unknown[] = [];
    config.onUnhandledError = (error) => reached.push((error as Error).message);
    const now = await world({ script: fills(fill(1, 100, 151)) });
    const fail = (text: string) => () => {
      throw new Error(text);
    };
    now.engine.audit$.subscribe(fail('own listener'));
    now.engine.audit$.pipe(map(fail('own operator'))).subscribe();
    now.engine.killSwitch.changes$.subscribe({ next: fail('own switch listener') });
    const execution = now.engine.start(ADVISORY);
    execution.stage$.subscribe(fail('own stage listener'));
    execution.actor.subscribe(fail('own actor listener'));
    await now.clock.runUntil(execution.result);
    await now.clock.runUntil(now.engine.killSwitch.set({ type: 'GLOBAL', state: 'WARNING', reason: 'drill' }));
    throwError(() => new Error('program')).subscribe();
    await now.clock.runUntil(now.engine.close());
    throwError(() => new Error('program, later')).subscribe();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(reached).toEqual(['program', 'program, later']);
    const logged = now.lines
      .filter(({ message }) => message === 'a listener threw')
      .map(({ fields }) => fields['cause']);
    for (const text of [
      'own listener',
      'own operator',
      'own switch listener',
      'own stage listener',
      'own actor listener',
    ])
      expect(logged).toContain(text);
  });
});

describe('an adapter whose abort listener throws (A45)', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('abort listener');
      },
    ],
    ['rejects', () => Promise.reject(new Error('abort listener'))],
  ])('A45 E2: one that %s costs neither process nor execution', async (_how, listener) => {
    const uncaught: unknown[] = [];
    const note = (error: unknown) => uncaught.push(error);
    const known = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    process.on('uncaughtException', note);
    try {
      const now = await world({
        script: fills(fill(1, 100, 151)),
        wrap: (broker) => ({
          ...broker,
          submitOrder: (_order, signal) => {
            signal.addEventListener('abort', listener as () => void, { once: true });
            signal.onabort = listener as () => void;
            return new Promise(() => undefined);
          },
        }),
      });
      const result = await execute(now, advisory('ABORT'));
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(result.attempts).toHaveLength(1);
      expect(uncaught).toEqual([]);
    } finally {
      process.removeListener('uncaughtException', note);
      for (const each of known) process.on('uncaughtException', each);
    }
  });

  it('A45: a listener that was taken off is not called, and the signal stays a real one', async () => {
    const heard: string[] = [];
    const now = await world({
      wrap: (broker) => ({
        ...broker,
        submitOrder: (_order, signal) => {
          const off = () => heard.push('off');
          signal.addEventListener('abort', off);
          signal.removeEventListener('abort', off);
          signal.addEventListener('abort', { handleEvent: () => heard.push('object') });
          AbortSignal.any([signal]).addEventListener('abort', () => heard.push('derived'));
          return new Promise(() => undefined);
        },
      }),
    });
    await execute(now);
    expect(heard.sort()).toEqual(['derived', 'object']);
  });
});
