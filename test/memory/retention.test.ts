/**
 * Old records in archive files (E7): moved without loss, found all the same, and never run again (S1, E1).
 */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createEngine, type Engine } from 'fillchart';
import { memoryJournal, readSqliteJournal, sqliteJournal } from 'fillchart/adapters';
import { type VirtualClock, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { verifyChain } from '../../src/domain/journal.js';
import { audit, scratchFolders } from '../audit/audit.support.js';
import { advisory } from '../stories/support.js';
import { type QuickBroker, quickBroker } from './quick-broker.js';

const newFolder = scratchFolders();
const DAY_MS = 86_400_000;
/** Twelve records each: more than the fewest that are worth a file. */
const TRADES = 100;
const far = { expirationTimestamp: '2100-01-01T00:00:00Z' };

interface Place {
  readonly clock: VirtualClock;
  readonly path: string;
  readonly archiveFolder: string;
  readonly broker: QuickBroker;
  readonly openId: { value: string };
  /** What the engines have said. */
  readonly said: string[];
}

function place(): Place {
  const folder = newFolder();
  const openId = { value: '' };
  const broker = quickBroker((id) => id === openId.value);
  const archiveFolder = join(folder, 'archives');
  return { clock: virtualClock(), path: join(folder, 'j.db'), archiveFolder, broker, openId, said: [] };
}

function start({ clock, path, archiveFolder, broker, said }: Place, hasRetention = true): Promise<Engine> {
  const say = (_fields: object, message: string) => void said.push(message);
  return createEngine({
    ...{ clock, broker, exitPollIntervalMs: 1_000, logger: { debug: say, info: say, warn: say, error: say } },
    journal: sqliteJournal({ path }),
    ...(hasRetention && { retention: { keepDays: 1, archiveFolder } }),
  });
}

/** Some trades that are over, and one position that stays open; then two days. */
async function twoDaysLater(here: Place): Promise<void> {
  const { clock, openId } = here;
  const engine = await start(here, false);
  openId.value = engine.start(advisory('ADV-OPEN', { symbol: 'OPEN', ...far })).clientOrderId;
  const all = Array.from({ length: TRADES }, (_, n) => engine.execute(advisory(`ADV-${n}`, far)));
  await clock.runUntil(Promise.all(all));
  await clock.advance(5_000);
  await engine.close();
  clock.moveTo(clock.monotonic() + 2 * DAY_MS);
}

/** Real time passes: files are written, and rows removed. */
async function archived({ said }: Place): Promise<void> {
  for (let turn = 0; turn < 2_000 && !said.includes('old records are archived'); turn += 1)
    await new Promise((resolve) => setTimeout(resolve, 10));
}

/** So many lines of the tail from a number on. */
const heardFrom = ({ clock }: Place, engine: Engine, since: number, count: number): Promise<readonly number[]> =>
  clock.runUntil(
    new Promise<readonly number[]>((resolve, reject) => {
      const heard: number[] = [];
      engine.tail(since).subscribe({
        next(line) {
          heard.push(line.seq);
          if (heard.length === count) resolve(heard);
        },
        error: reject,
      });
    }),
  );

describe('retention', () => {
  it('E7 S1 E1 B7: what is old and over is in a file; it is found, and never run again; what is open stays and goes on', async () => {
    const here = place();
    await twoDaysLater(here);
    const before = await readSqliteJournal(here.path);
    const first = await start(here);
    await archived(here);
    await first.close();
    expect(readdirSync(here.archiveFolder)).toEqual(['000000000001-00000000.jsonl.gz']);

    const engine = await start(here);
    const submits = here.broker.calls.get('submitOrder');
    const result = await here.clock.runUntil(engine.execute(advisory('ADV-7', far)));
    expect(result).toMatchObject({ status: 'FILLED', advisoryId: 'ADV-7' });
    expect(engine.execution('ADV-99')?.stage).toBe('FILLED');
    expect(engine.auditOf('ADV-3').map(({ event }) => event)).toContain('execution_result');
    const conflict = await here.clock.runUntil(engine.execute(advisory('ADV-8', { ...far, positionSize: 7 })));
    expect(conflict).toMatchObject({ reason: 'ADVISORY_CONFLICT' });
    expect(here.broker.calls.get('submitOrder')).toBe(submits);
    expect(engine.positions().filter(({ isOpen }) => isOpen)).toMatchObject([{ advisoryId: 'ADV-OPEN' }]);
    expect(engine.metrics().finished.FILLED).toBe(TRADES + 1);
    expect(engine.killSwitch.isActive()).toBe(false);
    here.openId.value = '';
    await here.clock.advance(5_000);
    expect(engine.positions().find(({ advisoryId }) => advisoryId === 'ADV-OPEN')).toMatchObject({ isOpen: false });
    await engine.close();

    const all = await readSqliteJournal(here.path);
    expect(verifyChain(all)).toMatchObject({ ok: true });
    expect(all.slice(0, before.length)).toEqual(before);
    expect(all.filter(({ stream }) => stream === 'engine').map(({ fact }) => fact)).toMatchObject([
      { type: 'ARCHIVED', firstSeq: 1, file: '000000000001-00000000.jsonl.gz' },
    ]);
  });

  it('E7 A5: audit verify, show, replay and export read across; a missing or changed file is named', async () => {
    const here = place();
    await twoDaysLater(here);
    const engine = await start(here);
    await archived(here);
    await engine.close();
    const verified = await audit('verify', here.path);
    expect(verified.exitCode).toBe(0);
    expect((await audit('replay', here.path, 'ADV-7')).stdout).toContain('byte-equal');
    expect((await audit('show', here.path, 'ADV-7')).stdout).toContain('execution_result');
    const exportFile = join(newFolder(), 'all.jsonl');
    await audit('export', here.path, '--output', exportFile);
    expect((await audit('verify', exportFile)).stdout).toBe(verified.stdout);

    const [file = ''] = readdirSync(here.archiveFolder);
    writeFileSync(join(here.archiveFolder, file), 'no longer what it was', { flag: 'a' });
    const changed = await audit('verify', here.path);
    expect([changed.exitCode, changed.stdout]).toEqual([
      1,
      expect.stringContaining(`${file} is not as it was written`),
    ]);
    rmSync(join(here.archiveFolder, file));
    const missing = await audit('verify', here.path);
    expect([missing.exitCode, missing.stdout]).toEqual([1, expect.stringContaining(`${file} is not there`)]);
    // An execution in the file that is missing is not one that never was.
    for (const command of ['show', 'replay'])
      await expect(audit(command, here.path, 'ADV-7')).rejects.toMatchObject({
        name: 'CheckFailedError',
        message: expect.stringMatching(/is not there\..*"ADV-7" is not among what can be read\.$/),
      });
    const next = await start(here);
    const refused = await here.clock.runUntil(next.execute(advisory('ADV-7', far)));
    expect(refused).toMatchObject({ status: 'REJECTED', reason: 'JOURNAL_UNAVAILABLE' });
    expect(next.killSwitch.isActive()).toBe(true);
    await next.close();
  });

  it('E7 A1: the tail, the log and the pages reach across; what a file alone holds is an error when the file is not there', async () => {
    const here = place();
    await twoDaysLater(here);
    const first = await start(here);
    await archived(here);
    await first.close();
    const engine = await start(here);
    const lines = (await readSqliteJournal(here.path)).flatMap(({ audit }) => audit.map(({ seq }) => seq));
    expect(engine.executionLogs.map(({ seq }) => seq)).toEqual(lines.slice(-10_000));
    expect(await heardFrom(here, engine, 0, lines.length)).toEqual(lines);
    expect(await heardFrom(here, engine, 137, lines.length - 137)).toEqual(lines.filter((seq) => seq > 137));

    const ids = engine.executions().map(({ advisoryId }) => advisoryId);
    expect(ids).toHaveLength(TRADES + 1);
    const page = engine.executions({ before: 'ADV-40', limit: 7 });
    expect(page.map(({ advisoryId }) => advisoryId)).toEqual(
      ids.slice(ids.indexOf('ADV-40') - 7, ids.indexOf('ADV-40')),
    );
    const later = engine.executions({ after: 'ADV-40', limit: 7 });
    expect(later.map(({ advisoryId }) => advisoryId)).toEqual(ids.slice(ids.indexOf('ADV-40') + 1).slice(0, 7));
    expect(page[0]?.result?.status).toBe('FILLED');
    await engine.close();

    for (const file of readdirSync(here.archiveFolder)) rmSync(join(here.archiveFolder, file));
    const without = await start(here);
    expect(without.executionLogs.length).toBeLessThan(lines.length);
    const left = without.executions().map(({ advisoryId }) => advisoryId);
    expect(left).toContain('ADV-OPEN');
    expect(left).not.toContain('ADV-7');
    await expect(heardFrom(here, without, 0, lines.length)).rejects.toThrow(/is not there/);
    await without.close();
  });

  it('E8: options that cannot be are refused by name, and so is a journal without archives', async () => {
    const [clock, broker] = [virtualClock(), quickBroker()];
    const create = (retention: unknown, journal = memoryJournal()) =>
      createEngine({ clock, broker, journal, logger: false, retention } as never);
    await expect(create({})).rejects.toThrow(/retention.archiveFolder/);
    await expect(create({ archiveFolder: '/tmp/a', keepDays: 0 })).rejects.toThrow(/retention.keepDays/);
    await expect(create({ archiveFolder: '/tmp/a', keepDay: 3 })).rejects.toThrow(/keepDays/);
    await expect(create({ archiveFolder: '/tmp/a' })).rejects.toThrow(/memory has none/);
  });
});

describe('a crash between any two steps of it', () => {
  it.each(['write', 'record', 'checkpoint', 'remove'])(
    'E7 A6: after %s: nothing is lost, and the next start goes on',
    async (step) => {
      const here = place();
      await twoDaysLater(here);
      const before = await readSqliteJournal(here.path);
      // The process stops at the step: what is asked of the journal from then on has no effect.
      const inner = sqliteJournal({ path: here.path });
      let isDead = false;
      const never = () => new Promise<never>(() => undefined);
      const die = (at: string) => {
        if (at === step) isDead = true;
      };
      const journal = Object.assign(Object.create(inner), {
        async open(request: never) {
          const opened = (await inner.open(request)) as unknown as Record<string, never> & {
            archives: import('../../src/domain/journal-index.js').JournalArchives;
            saveCheckpoint: (given: never) => Promise<void>;
          };
          const { archives } = opened;
          return {
            ...opened,
            async saveCheckpoint(given: never) {
              if (isDead) return never();
              await opened.saveCheckpoint(given);
              die('checkpoint');
            },
            archives: {
              ...archives,
              async write(folder: string, through: number) {
                const anchor = await archives.write(folder, through);
                die('write');
                return isDead ? never() : anchor;
              },
              async remove(...given: Parameters<typeof archives.remove>) {
                if (isDead) return never();
                const [folder, anchor] = given;
                // Some of the rows, and then no more.
                if (step === 'remove') await archives.remove(folder, anchor, (id) => id.endsWith('7'));
                die('remove');
                return isDead ? never() : archives.remove(...given);
              },
            },
          };
        },
        async append(records: readonly { readonly fact: { readonly type: string } }[]) {
          if (isDead) return never();
          await inner.append(records as never);
          if (records.some(({ fact }) => fact.type === 'ARCHIVED')) die('record');
          return isDead ? never() : undefined;
        },
      });
      await createEngine({
        ...{ clock: here.clock, broker: here.broker, logger: false, journal },
        retention: { keepDays: 1, archiveFolder: here.archiveFolder },
      });
      for (let turn = 0; turn < 300 && !isDead; turn += 1) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(isDead).toBe(true);
      await inner.close();

      const left = await readSqliteJournal(here.path);
      expect(verifyChain(left)).toMatchObject({ ok: true });
      expect(left.slice(0, before.length)).toEqual(before);
      const next = await start(here);
      // What the process before had begun is finished within this one.
      for (let turn = 0; turn < 100; turn += 1) await new Promise((resolve) => setTimeout(resolve, 10));
      for (const id of ['ADV-7', 'ADV-8']) expect(next.execution(id)?.stage).toBe('FILLED');
      expect(next.killSwitch.isActive()).toBe(false);
      await next.close();
      expect(readdirSync(here.archiveFolder)).toHaveLength(1);
      const all = await readSqliteJournal(here.path);
      expect(verifyChain(all)).toMatchObject({ ok: true });
      expect(all.slice(0, before.length)).toEqual(before);
      expect(all.filter(({ fact }) => fact.type === 'ARCHIVED')).toHaveLength(1);
    },
  );
});
