/**
 * The package that is measured: `dist/` of this folder, or that of another build, named by FILLCHART_DIST.
 */
const dist = process.env.FILLCHART_DIST ?? new URL('../../dist', import.meta.url).href;

const load = (path) => import(`${dist}/${path}`);

export const { createEngine, executionMachine, verifyChain } = await load('index.js');
export const { memoryJournal, sqliteJournal, readSqliteJournal } = await load('adapters/index.js');
export const { virtualClock } = await load('testing/index.js');
export const { inspectSqliteJournal } = await load('adapters/journals/sqlite.js');
export const { loadDriver } = await load('adapters/journals/sqlite/load-driver.js');
export const { chained, GENESIS_HASH } = await load('domain/journal.js');
export const { replayExecution, recordedAdvisories } = await load('journal/replay.js');
export const { freezeSnapshot, snapshotHash } = await load('index.js');
export const { canonicalJson, sha256 } = await load('domain/canonical.js');
export const { clientOrderIdFor } = await load('domain/snapshot.js');
export const sqliteRows = await load('adapters/journals/sqlite/rows.js');
export const storedCheckpoint = await load('adapters/journals/sqlite/lookup.js');
