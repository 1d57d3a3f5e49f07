/**
 * Starting from a checkpoint (E7): what it costs, what it must agree with, and what becomes of one that is wrong.
 */
import type { Engine } from 'fillchart';
import { type VirtualClock, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/domain/canonical.js';
import type { StoredCheckpoint } from '../../src/domain/journal-index.js';
import { advisory } from '../stories/support.js';
import { type KeptJournal, keptJournal } from './kept-journal.js';
import { quickBroker } from './quick-broker.js';
import { start, trades } from './support.js';

/** What an operator can see of an engine. */
const seen = (engine: Engine) => ({
  executions: engine.executions().map((view) => ({ ...view })),
  positions: engine.positions(),
  cases: engine.cases.all(),
  switches: engine.killSwitch.switches,
  history: engine.killSwitch.history,
  finished: engine.metrics().finished,
  log: engine.executionLogs.length,
});

describe('a checkpoint against the whole journal', () => {
  async function variedPast(): Promise<readonly [VirtualClock, KeptJournal]> {
    const [clock, journal] = [virtualClock(), keptJournal()];
    await trades(3, clock, journal);
    const broker = quickBroker((id) => id === openId);
    let openId = '';
    const { engine } = await start(clock, journal, broker);
    openId = engine.start(advisory('ADV-OPEN', { symbol: 'OPEN' })).clientOrderId;
    await clock.advance(2_000);
    await engine.killSwitch.set({ type: 'SYMBOL_LEVEL', target: 'XYZ', state: 'ACTIVE', reason: 'a drill', by: 'ops' });
    await engine.killSwitch.release({ type: 'SYMBOL_LEVEL', target: 'XYZ', reason: 'over', by: 'ops' });
    await engine.killSwitch.set({ type: 'MANUAL', state: 'WARNING', reason: 'slowly', by: 'ops' });
    await clock.runUntil(engine.execute(advisory('ADV-BAD', { slOffsetPct: '0.5' })));
    await engine.close();
    return [clock, journal];
  }

  it('E7 A3 K7: an engine that starts from it is as one that reads every record', async () => {
    const [clock, journal] = await variedPast();
    const whole = journal.checkpoint;
    const fromCheckpoint = await start(
      clock,
      journal,
      quickBroker(() => true),
    );
    expect(journal.wasReadWhole()).toBe(false);
    const one = seen(fromCheckpoint.engine);
    journal.checkpoint = undefined;
    const fromAll = await start(
      clock,
      journal,
      quickBroker(() => true),
    );
    expect(journal.wasReadWhole()).toBe(true);
    const other = seen(fromAll.engine);
    expect({ ...one, log: 0 }).toEqual({ ...other, log: 0 });
    expect(one.positions.filter(({ isOpen }) => isOpen)).toMatchObject([{ advisoryId: 'ADV-OPEN' }]);
    expect(whole).toBeDefined();
    await fromAll.engine.close();
  });

  const WRONG: readonly (readonly [string, (whole: StoredCheckpoint) => StoredCheckpoint])[] = [
    ['changed', (whole) => ({ ...whole, content: whole.content.replace('ADV-OPEN', 'ADV-NONE') })],
    ['cut off', (whole) => ({ ...whole, content: whole.content.slice(0, -9) })],
    ['of another version', (whole) => remade(whole, '"version":2', '"version":99')],
    ['of another record', (whole) => remade(whole, `"seq":${whole.seq}`, `"seq":${whole.seq - 1}`)],
  ];

  it.each(WRONG)('E7 A7: one that is %s is not used: every record is read, and it is said', async (_what, change) => {
    const [clock, journal] = await variedPast();
    const whole = journal.checkpoint as StoredCheckpoint;
    const right = await start(
      clock,
      journal,
      quickBroker(() => true),
    );
    const before = seen(right.engine);
    journal.checkpoint = change(whole);
    expect(journal.checkpoint).not.toEqual(whole);
    const said: string[] = [];
    const say = (_fields: object, message: string) => said.push(message);
    const logger = { debug: say, info: say, warn: say, error: say };
    const { engine } = await start(
      clock,
      journal,
      quickBroker(() => true),
      { logger },
    );
    expect(journal.wasReadWhole()).toBe(true);
    expect(said).toContain('the checkpoint is not used: every record is read');
    expect({ ...seen(engine), log: 0 }).toEqual({ ...before, log: 0 });
    expect(engine.killSwitch.isActive()).toBe(false);
    await engine.close();
  });

  it('E7 A5: records after it that were changed close the gate, and no checkpoint is written over them', async () => {
    const [clock, journal] = await variedPast();
    const before = journal.checkpoint;
    const { engine } = await start(
      clock,
      journal,
      quickBroker(() => true),
    );
    await clock.runUntil(engine.execute(advisory('ADV-LAST')));
    const whole = await journal.open();
    journal.checkpoint = before;
    const changed: KeptJournal = Object.assign(Object.create(journal) as KeptJournal, {
      async open(request?: never) {
        const opened = (await journal.open(request as never)) as unknown as { records: typeof whole };
        return { ...opened, records: opened.records.map((one, index) => (index === 2 ? { ...one, at: 1 } : one)) };
      },
    });
    const next = await start(
      clock,
      changed,
      quickBroker(() => true),
    );
    const [stop] = next.engine.killSwitch.switches.filter(({ state }) => state === 'ACTIVE');
    expect(stop?.reason).toContain(`record ${(before?.seq ?? 0) + 3} was changed`);
    await next.engine.close();
    expect(journal.checkpoint).toBe(before);
  });
});

function remade(whole: StoredCheckpoint, from: string, to: string): StoredCheckpoint {
  const content = whole.content.replace(from, to);
  return { ...whole, content, contentHash: sha256(content) };
}
