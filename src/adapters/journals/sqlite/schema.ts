/**
 * The shape of the file, and how older shapes become the present one.
 *
 * 1. `PRAGMA user_version` is the schema's version; it changes in the transaction that changes the tables.
 * 2. Migration goes forward only. A newer file is refused before anything in it is touched.
 * 3. A database that is not a journal is refused too: `PRAGMA application_id` tells.
 */
import { JournalError } from '../journal-error.js';
import { type Database, firstValue, inWriteTransaction, pragmaValue } from './driver.js';

/** "fcjl" */
const APPLICATION_ID = 0x66636a6c;

/** The statements that lead from version `n` to `n + 1` stand at index `n`. What was released is never changed. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE records (
     seq           INTEGER PRIMARY KEY,
     stream        TEXT NOT NULL,
     advisory_id   ANY,            -- text; a blob of UTF-16 code units where the id is no Unicode text
     snapshot_hash TEXT,
     wall          TEXT NOT NULL,  -- ISO 8601 UTC
     at            REAL NOT NULL,  -- ms
     fact          TEXT NOT NULL,  -- JSON
     audit         TEXT NOT NULL,  -- JSON
     prev_hash     TEXT NOT NULL,
     hash          TEXT NOT NULL
   ) STRICT;
   CREATE INDEX records_by_advisory ON records (advisory_id);`,
  // Where the records end, noted in the transaction that writes them: a tail that was cut off shows.
  `CREATE TABLE head (
     id        INTEGER PRIMARY KEY CHECK (id = 1),
     records   INTEGER NOT NULL,
     last_hash TEXT NOT NULL
   ) STRICT;
   INSERT INTO head (id, records, last_hash)
   SELECT 1, count(*), coalesce((SELECT hash FROM records ORDER BY seq DESC LIMIT 1), '${'0'.repeat(64)}') FROM records;`,
  // Version of the facts' meaning; null for the records of version 1.
  'ALTER TABLE records ADD COLUMN v INTEGER;',
  // The entry order of each execution, on the record that begins it: finished executions are looked up, not kept (E7).
  `ALTER TABLE records ADD COLUMN client_order_id TEXT;
   UPDATE records SET client_order_id = json_extract(fact, '$.advisory.clientOrderId')
   WHERE stream = 'execution' AND json_valid(fact) AND json_extract(fact, '$.type') = 'START';
   CREATE INDEX records_by_order ON records (client_order_id) WHERE client_order_id IS NOT NULL;
   CREATE INDEX records_begun ON records (seq) WHERE client_order_id IS NOT NULL;
   CREATE TABLE checkpoint (
     id           INTEGER PRIMARY KEY CHECK (id = 1),
     seq          INTEGER NOT NULL,
     record_hash  TEXT NOT NULL,
     content      TEXT NOT NULL,  -- JSON
     content_hash TEXT NOT NULL
   ) STRICT;`,
  // Old records in files of their own: the files, where their blocks are, and which records are of which advisory.
  `CREATE TABLE archives (
     first_seq INTEGER PRIMARY KEY,
     last_seq  INTEGER NOT NULL,
     last_hash TEXT NOT NULL,
     folder    TEXT NOT NULL,
     file      TEXT NOT NULL,
     sha256    TEXT NOT NULL
   ) STRICT;
   CREATE TABLE archive_blocks (
     first_seq INTEGER PRIMARY KEY,
     archive   INTEGER NOT NULL,
     "offset"  INTEGER NOT NULL,
     "length"  INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE archived (
     advisory_key INTEGER NOT NULL,
     order_key    INTEGER NOT NULL,
     seqs         TEXT NOT NULL
   ) STRICT;
   CREATE INDEX archived_by_advisory ON archived (advisory_key);
   CREATE INDEX archived_by_order ON archived (order_key);`,
];

/** Throws `NOT_A_JOURNAL` or `SCHEMA_TOO_NEW`; returns the version of the file, 0 for one without tables. */
export function schemaVersionOf(database: Database, file: string, newest = MIGRATIONS.length): number {
  const version = Number(pragmaValue(database, 'user_version'));
  const applicationId = pragmaValue(database, 'application_id');
  const isEmpty = firstValue(database, 'SELECT count(*) FROM sqlite_schema') === 0;
  if (applicationId !== APPLICATION_ID && !(isEmpty && applicationId === 0 && version === 0)) {
    throw new JournalError('NOT_A_JOURNAL', `${file} is a database of something else`);
  }
  if (version > newest) {
    throw new JournalError(
      'SCHEMA_TOO_NEW',
      `The journal ${file} has schema version ${version}; this version of fillchart knows ${newest}`,
    );
  }
  return version;
}

/** SQLite has no `ADD COLUMN IF NOT EXISTS`. */
function isDone(database: Database, statements: string): boolean {
  const [, table, column] = /^ALTER TABLE (\w+) ADD COLUMN (\w+)/.exec(statements) ?? [];
  if (table === undefined || column === undefined) return false;
  return database.prepare('SELECT 1 FROM pragma_table_info(?) WHERE name = ?').get(table, column) !== undefined;
}

/** Brings the file to the newest version, each step in a transaction of its own. */
export function migrate(database: Database, file: string, migrations = MIGRATIONS): void {
  const version = schemaVersionOf(database, file, migrations.length);
  for (const [index, statements] of migrations.entries()) {
    if (index < version) continue;
    inWriteTransaction(database, () => {
      if (!isDone(database, statements)) database.exec(statements);
      database.pragma(`application_id = ${APPLICATION_ID}`);
      database.pragma(`user_version = ${index + 1}`);
    });
  }
}
