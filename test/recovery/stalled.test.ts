/**
 * A2 and A36 on a real disk and a real clock: bursts and stalls are no failures of a journal.
 */
import { join } from 'node:path';
import { createEngine, type Engine, type SnapshotInput } from 'fillchart';
import { paperBroker, readSqliteJournal, sqliteJournal } from 'fillchart/adapters';
import { describe, expect, it } from 'vitest';
import { verifyChain } from '../../src/domain/journal.js';
import { scratchFolders } from '../audit/audit.support.js';

const newFolder = scratchFolders();
const LIMIT_MS = 300_000;

const named = (name: string): SnapshotInput => ({
  advisoryId: name,
  symbol: 'AAPL',
  referencePrice: '150',
  slOffsetPct: '-0.02',
  tpOffsetPct: '0.03',
  positionSize: '1',
  expirationTimestamp: '2099-01-01T00:00:00Z',
});

interface Running {
  readonly engine: Engine;
  readonly path: string;
  readonly said: string[];
}

async function running(): Promise<Running> {
  const path = join(newFolder(), 'journal.db');
  const said: string[] = [];
  const note = (_: object, message: string) => void said.push(message);
  const logger = { debug: () => undefined, info: () => undefined, warn: note, error: note };
  const broker = paperBroker({
    instruments: [{ symbol: 'AAPL', tickSize: '0.01', lotSize: '1' }],
    quotes: { AAPL: '151.00' },
  });
  return { engine: await createEngine({ broker, journal: sqliteJournal({ path }), logger }), path, said };
}

function standStill(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

describe('a healthy disk', () => {
  it(
    'A2 A8: 2,000 advisories at once all run',
    async () => {
      const { engine, path } = await running();
      const results = await Promise.all(
        Array.from({ length: 2_000 }, (_, index) => engine.execute(named(`ADV-${index}`))),
      );
      const statuses = [...new Set(results.map(({ status, reason }) => `${status} ${reason ?? ''}`))];
      expect(engine.metrics().journalFailure).toBeUndefined();
      expect(statuses.filter((status) => /JOURNAL|KILL/.test(status))).toEqual([]);
      expect(results.filter(({ status }) => status === 'FILLED').length).toBe(2_000);
      await engine.close();
      expect(verifyChain(await readSqliteJournal(path))).toMatchObject({ ok: true });
    },
    LIMIT_MS,
  );

  it(
    'A36 A8: a listener that is busy for 6 s is named, and fails no journal',
    async () => {
      const { engine, said } = await running();
      let isDone = false;
      engine.audit$.subscribe(({ event }) => {
        if (event !== 'order_submitted' || isDone) return;
        isDone = true;
        standStill(6_500);
      });
      const [first, second] = await Promise.all([engine.execute(named('ADV-1')), engine.execute(named('ADV-2'))]);
      expect([first.status, second.status]).toEqual(['FILLED', 'FILLED']);
      expect(engine.metrics().journalFailure).toBeUndefined();
      expect(engine.killSwitch.isActive()).toBe(false);
      expect(said.filter((message) => message.startsWith('the journal'))).toEqual([]);
      expect((await engine.execute(named('ADV-3'))).status).toBe('FILLED');
      await engine.close();
    },
    LIMIT_MS,
  );
});
