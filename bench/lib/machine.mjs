/**
 * The machine that figures come from: without it they say nothing.
 */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';

export function machine(sqlite) {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 1e9),
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    sqlite,
    fillchart: JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')).version,
    loadBefore: Number((loadavg()[0] ?? 0).toFixed(2)),
    at: new Date().toISOString(),
  };
}

export const inWords = ({ cpu, cores, memoryGB, system, node, sqlite, fillchart, loadBefore, at }) =>
  `${cpu}, ${cores} ${cores === 1 ? 'core' : 'cores'}, ${memoryGB} GB, ${system}; Node.js ${node}, SQLite ${sqlite}, fillchart ${fillchart}; ` +
  `${at.slice(0, 10)}, load ${loadBefore} before the run${loadBefore > cores ? ': the machine was busy, so ratios within a table hold, and times and rates are too poor by far' : ''}`;
