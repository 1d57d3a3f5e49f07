/**
 * A long history in a short time: lives that the engine has lived through are written again and again, each under an advisory of its
 * own, in one transaction after the other without a sync.
 *
 * 1. What is written is what the engine would have written: every record with its link in the chain of hashes, ids and hashes that
 *    follow from the advisory, and a result with its hash. It verifies, and replays to the recorded result.
 * 2. The checkpoint is the one that the engine wrote at its end, moved to the new end: positions are closed, so that nothing else
 *    in it follows from the lives.
 */
import {
  canonicalJson,
  chained,
  clientOrderIdFor,
  freezeSnapshot,
  loadDriver,
  readSqliteJournal,
  replayExecution,
  sha256,
  snapshotHash,
  sqliteRows,
  storedCheckpoint,
} from './package.mjs';

/** Lives in one transaction. */
const TOGETHER = 500;

/** Appends `count` lives to a journal that no engine has open. @param advisory makes the n-th, from `from` on */
export async function writeHistory(path, { from, count, advisory }) {
  const records = await readSqliteJournal(path);
  const templates = templatesIn(records);
  const driver = await loadDriver();
  const database = driver.open(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = OFF');
  database.pragma('cache_size = -400000');
  const insert = database.prepare(sqliteRows.INSERT);
  let end = { seq: records.length, hash: records.at(-1).hash, auditSeq: lastAuditSeq(records) };
  for (let index = 0; index < count; ) {
    database.exec('BEGIN IMMEDIATE');
    for (const last = Math.min(count, index + TOGETHER); index < last; index += 1) {
      const life = underAnotherName(templates[index % templates.length], advisory(from + index));
      for (const record of life) end = append(insert, record, end);
    }
    database.prepare(sqliteRows.UPDATE_HEAD).run({ seq: end.seq, hash: end.hash });
    database.exec('COMMIT');
  }
  moveCheckpoint(database, path, end, count);
  database.pragma('wal_checkpoint(TRUNCATE)');
  database.close();
}

function append(insert, { prevHash: _before, hash: _own, audit, ...content }, { seq, hash, auditSeq }) {
  const lines = audit.map((line, index) => ({ ...line, seq: auditSeq + 1 + index }));
  const record = chained({ ...content, seq: seq + 1, audit: lines }, hash);
  insert.run(...sqliteRows.valuesOf(sqliteRows.rowOf(record)));
  return { seq: record.seq, hash: record.hash, auditSeq: auditSeq + lines.length };
}

const lastAuditSeq = (records) => Math.max(...records.slice(-100).flatMap(({ audit }) => audit.map(({ seq }) => seq)));

/** Each life as text, with what names it. */
function templatesIn(records) {
  const lives = new Map();
  for (const record of records) {
    if (record.advisoryId === undefined) continue;
    const own = lives.get(record.advisoryId);
    if (own === undefined) lives.set(record.advisoryId, [record]);
    else own.push(record);
  }
  return [...lives].map(([advisoryId, life]) => {
    const { advisory } = life[0].fact;
    const { result, resultSha256 } = replayExecution(life, advisoryId);
    const { clientOrderId, snapshotHash: hash, snapshot } = advisory;
    const names = { advisoryId, clientOrderId, hash, symbol: snapshot.symbol, resultSha256 };
    return { ...names, text: JSON.stringify(life), resultText: canonicalJson(result) };
  });
}

function underAnotherName(template, raw) {
  const snapshot = freezeSnapshot(raw);
  const hash = snapshotHash(snapshot);
  const named = (text) =>
    text
      .replaceAll(`"${template.advisoryId}"`, `"${snapshot.advisoryId}"`)
      .replaceAll(`"${template.symbol}"`, `"${snapshot.symbol}"`)
      .replaceAll(template.hash, hash)
      .replaceAll(template.clientOrderId, clientOrderIdFor(snapshot.advisoryId, hash));
  const resultSha256 = sha256(named(template.resultText));
  return JSON.parse(named(template.text).replaceAll(template.resultSha256, resultSha256));
}

function moveCheckpoint(database, path, end, count) {
  const { content } = storedCheckpoint.readCheckpoint(database);
  const { version, state } = JSON.parse(content);
  const { counts } = state;
  const finished = { ...counts.finished, FILLED: counts.finished.FILLED + count };
  const moved = canonicalJson({ version, state: { ...state, end, counts: { ...counts, finished } } });
  const contentHash = sha256(moved);
  storedCheckpoint.saveCheckpoint(database, path, { seq: end.seq, recordHash: end.hash, content: moved, contentHash });
}
