/**
 * What is not as it was written behind a checkpoint (A5, A7, K7, E7): nothing is sent, it is named, and it hides nothing else.
 */
import { copyFileSync } from 'node:fs';
import { createEngine, type Engine } from 'fillchart';
import { sqliteJournal } from 'fillchart/adapters';
import { createService } from 'fillchart/service';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { lookedThrough, MOST_LOOKED_AT } from '../../src/journal/looked-through.js';
import { withDatabase } from '../adapters/sqlite-drivers.js';
import { scratchFolders } from '../audit/audit.support.js';
import { cli, advisory as cliAdvisory } from '../cli/cli.support.js';
import { advisory, fill, fills } from '../stories/support.js';

const newFolder = scratchFolders();
let whole: string;
/** How many records there are; every fifth or so is the first of its advisory. */
let count = 0;

beforeAll(async () => {
  const clock = virtualClock();
  whole = `${newFolder()}/journal.db`;
  const broker = faultBroker({ clock, openOrders: true, script: () => fills(fill(1, 100, 151)) });
  const engine = await createEngine({
    broker,
    clock,
    journal: sqliteJournal({ path: whole }),
    logger: false,
  });
  for (const id of ['ADV-1', 'ADV-2', 'ADV-3']) await clock.runUntil(engine.execute(advisory(id)));
  await engine.close();
  count = withDatabase(whole, (database) =>
    Number(Object.values(database.prepare('SELECT count(*) FROM records').get() as object)[0]),
  );
});

const CHANGES: readonly (readonly [string, string])[] = [
  ['changed', 'UPDATE records SET at = at + 1 WHERE seq = ?'],
  ['no JSON', "UPDATE records SET fact = '{' WHERE seq = ?"],
  ['of no shape', "UPDATE records SET fact = 'null' WHERE seq = ?"],
  ['under another advisory', "UPDATE records SET advisory_id = 'ADV-9' WHERE seq = ?"],
];

function copy(sql: string, seq: number): string {
  const path = `${newFolder()}/journal.db`;
  copyFileSync(whole, path);
  withDatabase(path, (database) => database.prepare(sql).run(seq));
  return path;
}

async function on(path: string): Promise<{ readonly engine: Engine; readonly close: () => Promise<void> }> {
  const clock = virtualClock();
  const broker = faultBroker({ clock, openOrders: true });
  const engine = await createEngine({ clock, broker, journal: sqliteJournal({ path }), logger: false });
  return { engine, close: () => clock.runUntil(engine.close()) };
}

describe('a record behind the checkpoint that is not as it was written', () => {
  it.each(CHANGES)(
    'A9 E7: %s: the list of executions has all others, and the gate closes and names it',
    async (_, sql) => {
      const { engine, close } = await on(copy(sql, 1));
      expect(engine.executions().map(({ advisoryId }) => advisoryId)).toEqual(['ADV-2', 'ADV-3']);
      expect(engine.killSwitch.switches).toMatchObject([
        { type: 'GLOBAL', reason: expect.stringContaining('record 1 ') },
      ]);
      await close();
    },
  );

  it('A5 K7: whoever looks one up is told, and the gate closes', async () => {
    const { engine, close } = await on(copy(CHANGES[0]?.[1] ?? '', 1));
    expect(() => engine.execution('ADV-1')).toThrow('record 1 is not as it was written');
    expect(engine.killSwitch.isActive()).toBe(true);
    expect(() => engine.auditOf('ADV-1')).toThrow('record 1 is not as it was written');
    await close();
  });

  it.each(CHANGES)('A5 K7 C1: %s: a run sends nothing and says so, in words', async (_, sql) => {
    for (const seq of [1, 2, count - 1]) {
      const path = copy(sql, seq);
      for (const id of ['ADV-1', 'NEW']) {
        const ran = await cli(['run', '-', '--journal', path, '--json'], {
          stdin: JSON.stringify(cliAdvisory({ advisoryId: id })),
        });
        expect.soft([2, 3], ran.stderr).toContain(ran.exitCode);
        expect.soft(ran.stderr).toContain(`record ${seq} `);
        expect.soft(ran.stderr).not.toMatch(/defect|\n +at /);
        if (ran.exitCode === 3) expect.soft(JSON.parse(ran.stdout)).toMatchObject({ traffic: { submits: 0 } });
      }
    }
  });

  it('A5 K7: a row that is gone closes the gate of a run, too', async () => {
    const path = copy('DELETE FROM records WHERE seq = ?', 3);
    const ran = await cli(['run', '-', '--journal', path], {
      stdin: JSON.stringify(cliAdvisory({ advisoryId: 'NEW' })),
    });
    expect({ exitCode: ran.exitCode, said: `${ran.stdout}${ran.stderr}`.includes('record 3 is missing') }).toEqual({
      exitCode: 3,
      said: true,
    });
  });

  it('A5: the service lists what is as it was written, and answers 503 with the record for what is not', async () => {
    const clock = virtualClock();
    const journal = sqliteJournal({ path: copy(CHANGES[0]?.[1] ?? '', 1) });
    const service = createService({
      accounts: [{ name: 'paper', broker: faultBroker({ clock, openOrders: true }), journal }],
      clock,
      logger: false,
    });
    await clock.runUntil(service.open());
    const get = async (url: string) => clock.runUntil(Promise.resolve(service.app.inject({ method: 'GET', url })));
    const list = await get('/v1/executions');
    expect(list.statusCode).toBe(200);
    expect(JSON.parse(list.body).executions).toHaveLength(2);
    for (const path of ['', '/audit']) {
      const one = await get(`/v1/executions/ADV-1${path}`);
      expect.soft({ status: one.statusCode, ...JSON.parse(one.body) }).toMatchObject({
        status: 503,
        code: 'JOURNAL_UNAVAILABLE',
        message: expect.stringContaining('record 1 is not as it was written'),
      });
    }
    await clock.runUntil(service.close());
  });

  it('control [E7]: a journal that is whole is opened from its checkpoint, and no older record is looked at', async () => {
    const path = `${newFolder()}/journal.db`;
    copyFileSync(whole, path);
    const journal = lookedThrough(sqliteJournal({ path }));
    const opened = await journal.open({ indexed: true });
    expect(opened).toMatchObject({ checkpoint: { seq: count }, records: [] });
    expect(MOST_LOOKED_AT).toBeLessThanOrEqual(10_000);
    await journal.close();
    const { engine, close } = await on(path);
    expect(engine.executions()).toHaveLength(3);
    expect(engine.killSwitch.isActive()).toBe(false);
    await close();
  });
});
