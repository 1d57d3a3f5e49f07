/** A file is open as long as somebody holds its connection (A37). */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadDriver } from '../../src/adapters/journals/sqlite/load-driver.js';
import { claimFile, isOpenHere } from '../../src/adapters/journals/sqlite/open-files.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fillchart-claims-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a file that is claimed', () => {
  async function claimed() {
    const driver = await loadDriver();
    const file = join(folder, 'journal.db');
    writeFileSync(file, '');
    const claim = claimFile(driver, file, folder);
    const database = driver.open(file);
    claim.connected(database);
    return { driver, file, claim, database };
  }

  it('A37: is not claimed twice while its connection is open', async () => {
    const { driver, file, claim, database } = await claimed();
    expect(isOpenHere(file)).toBe(true);
    expect(() => claimFile(driver, file, folder)).toThrow('in use by this very process');
    database.close();
    claim.release();
    expect(isOpenHere(file)).toBe(false);
  });

  it('A37: is free once the connection has gone, released or not: its number may be that of another file by then', async () => {
    const { file, database } = await claimed();
    database.close();
    expect(isOpenHere(file)).toBe(false);
  });

  it('A37: counts as open before the connection is made', async () => {
    const driver = await loadDriver();
    const file = join(folder, 'other.db');
    writeFileSync(file, '');
    const claim = claimFile(driver, file, folder);
    expect(isOpenHere(file)).toBe(true);
    claim.release();
  });
});
