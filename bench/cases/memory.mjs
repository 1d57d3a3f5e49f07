/**
 * What a finished and closed execution keeps in memory, by the growth of the heap of an engine that goes on and on.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { instantBroker } from '../lib/instant-broker.mjs';
import { engineOn, liveThrough } from '../lib/lived-through.mjs';
import { heapUsed } from '../lib/measuring.mjs';
import { figure } from '../lib/samples.mjs';

export const title = 'Memory of finished executions';
export const of = 'finished';
export const notes = [
  'Lived through by one engine, their exits filled and their positions closed; the journal is in SQLite. What is bounded (the tail of the audit log, results asked for lately) fills up with the first executions; after that nothing may grow. `B each` is against the row above; the heap as collected varies by 1 or 2 MB.',
];

const SIZES = [1_000, 3_000, 6_000, 9_000, 12_000];

export async function run() {
  mkdirSync('.tmp', { recursive: true });
  const folder = mkdtempSync(join('.tmp', 'bench-memory-'));
  const broker = instantBroker({ exits: 'fill' });
  const engine = await engineOn(broker, join(folder, 'bench.db'));
  const rows = [];
  try {
    let last = { size: 0, heap: await heapUsed() };
    for (const size of SIZES) {
      await liveThrough(engine, broker, { from: last.size, to: size });
      const heap = await heapUsed();
      rows.push({
        name: size.toLocaleString('en-US'),
        figures: { 'heap MB': one(heap / 1e6), 'B each': one((heap - last.heap) / (size - last.size)) },
      });
      last = { size, heap };
    }
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return { rows };
}

const one = (value) => figure([value]);
