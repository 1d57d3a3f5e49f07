/**
 * What Prometheus would see of a service, and what it makes of a query or a rule (promtool).
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Desk } from '../service/service.support.js';

/** Between two scrapes. */
export const STEP_MS = 15_000;

/** Values by series, one for each scrape. */
export type Series = Map<string, (number | undefined)[]>;

const LINE = /^([a-z_]+(?:\{[^}]*\})?) ([-+\d.eE]+|NaN)$/;

export async function scrape(now: Desk, into: Series, at: number): Promise<void> {
  const { status, text } = await now.get('/metrics').catch(() => ({ status: 0, text: '' }));
  const isUp = status === 200;
  note(into, 'up{job="fillchart"}', at, isUp ? 1 : 0);
  for (const line of isUp ? text.split('\n') : []) {
    const [, name, value] = LINE.exec(line) ?? [];
    if (name !== undefined) note(into, name, at, Number(value));
  }
}

function note(into: Series, name: string, at: number, value: number): void {
  const values = into.get(name) ?? [];
  values[at] = value;
  into.set(name, values);
}

const written = (values: readonly (number | undefined)[]): string =>
  Array.from(values, (value) => (value === undefined ? '_' : String(value))).join(' ');

/** A test of an expression at the end of so many minutes. */
export const promTest = (series: Series, expr: string, value: number, minutes = 5): object => ({
  interval: '15s',
  input_series: [...series].map(([name, values]) => ({ series: name, values: written(values) })),
  promql_expr_test: [{ expr, eval_time: `${minutes * 60 - 15}s`, exp_samples: [{ labels: '{}', value }] }],
});

/** @throws when promtool does not come to what the tests say, or is not there */
export function passes(tests: { readonly rule_files: readonly string[]; readonly tests: readonly object[] }): void {
  const folder = mkdtempSync(join(tmpdir(), 'fillchart-prometheus-'));
  try {
    const file = join(folder, 'test.json');
    writeFileSync(file, JSON.stringify({ ...tests, evaluation_interval: '15s' }));
    const { status, stdout, stderr, error } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' });
    expect(error, 'promtool is missing; it is in Debian’s package prometheus').toBeUndefined();
    expect(`${stdout}${stderr}`).toContain('SUCCESS');
    expect(status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
