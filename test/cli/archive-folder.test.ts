/**
 * Records that Restate does not keep any more, in a folder of the worker (A5).
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { archiveFolder } from '../../src/cli/run/archive-folder.js';
import { verifyChain } from '../../src/domain/journal.js';
import type { ArchivedExecution } from '../../src/restate/kept.js';
import { newLife } from '../../src/restate/life.js';
import { INPUT } from '../restate/support.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillchart-archive-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function refused(at: number): ArchivedExecution {
  const life = newLife(INPUT);
  life.take({ type: 'START', at, gate: { now: at, killSwitchState: 'ACTIVE' }, advisory: INPUT });
  const { result } = life.context;
  if (result === undefined) throw new Error('refused at once');
  return { advisoryId: 'ADV-A', run: 1, result, records: life.records };
}

describe('an archive in a folder', () => {
  it('A5: a file for each month, a line for each run, and each chain verifies', async () => {
    const keep = archiveFolder(join(folder, 'records'));
    for (const at of [Date.UTC(2026, 0, 31), Date.UTC(2026, 1, 1), Date.UTC(2026, 1, 2)]) await keep(refused(at));
    const files = readdirSync(join(folder, 'records')).sort();
    expect(files).toEqual(['executions-2026-01.jsonl', 'executions-2026-02.jsonl']);
    const lines = readFileSync(join(folder, 'records', files[1] ?? ''), 'utf8')
      .trim()
      .split('\n');
    expect(lines).toHaveLength(2);
    for (const line of lines) {
      const { records, result } = JSON.parse(line) as ArchivedExecution;
      expect(result.status).toBe('REJECTED');
      expect(verifyChain(records)).toMatchObject({ ok: true, records: records.length });
    }
  });

  it('what cannot be written is not kept, and says so', async () => {
    const keep = archiveFolder(join(folder, 'records'));
    rmSync(join(folder, 'records'), { recursive: true });
    writeFileSync(join(folder, 'records'), 'in the way');
    await expect(keep(refused(0))).rejects.toThrow();
  });
});
