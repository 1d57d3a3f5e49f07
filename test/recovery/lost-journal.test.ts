/**
 * What the first start without its journal finds of its own accord (A9, M3): not only orders, but what is held.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, type Engine } from 'fillchart';
import { memoryJournal, sqliteJournal } from 'fillchart/adapters';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { scratchFolders } from '../audit/audit.support.js';
import { advisory, fill, fills } from '../stories/support.js';

const newFolder = scratchFolders();

/** A dead engine whose first order was filled after it died, and is not protected, and whose second is still open. */
async function leftBehind(path: string) {
  const clock = virtualClock();
  const script = ({ symbol }: { symbol: string }) => (symbol === 'HELD' ? fills(fill(5, 100, 151)) : {});
  const broker = faultBroker({ clock, openOrders: true, script });
  const first = await createEngine({ clock, broker, journal: sqliteJournal({ path }), logger: false });
  first.start(advisory('ADV-1', { symbol: 'HELD' }));
  first.start(advisory('ADV-2', { symbol: 'OPEN' }));
  await clock.advance(1_000);
  await first.close();
  await clock.advance(10_000);
  return { clock, broker };
}

const told = (engine: Engine): readonly string[] =>
  engine.cases
    .open()
    .map(({ kind, symbol }) => `${kind} ${symbol}`)
    .sort();

describe('A35 A9 M3: what nobody knows is told at the first start, unasked', () => {
  it('A35: the journal deleted beside its lock: the position that is held without exits has a case', async () => {
    const path = join(newFolder(), 'journal.db');
    const { clock, broker } = await leftBehind(path);
    rmSync(path);
    const engine = await createEngine({ clock, broker, journal: sqliteJournal({ path }), logger: false });
    await clock.advance(1_000);
    expect(told(engine)).toEqual(['PHANTOM_POSITION HELD', 'STRAY_ORDER OPEN']);
    expect(engine.killSwitch.isActive()).toBe(true);
    expect(broker.count('submitOrder')).toBe(2);
    await engine.close();
  });

  it('A35: nothing left on the disk, one order of ours open: what else is held has a case too', async () => {
    const { clock, broker } = await leftBehind(join(newFolder(), 'journal.db'));
    const engine = await createEngine({ clock, broker, journal: memoryJournal(), logger: false });
    await clock.advance(1_000);
    expect(told(engine)).toEqual(['PHANTOM_POSITION HELD', 'STRAY_ORDER OPEN']);
    await engine.close();
  });
});
