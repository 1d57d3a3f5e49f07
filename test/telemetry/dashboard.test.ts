/**
 * Every query of the Grafana dashboard gives data on the figures of a service in which everything happens once (promtool).
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { OrderScript } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { advisory, desk, FILLS } from '../service/service.support.js';
import { passes, promTest, type Series, STEP_MS, scrape } from './prometheus.support.js';

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

const FILE = fileURLToPath(new URL('../../deploy/grafana-dashboard.json', import.meta.url));
const { panels } = JSON.parse(readFileSync(FILE, 'utf8')) as { readonly panels: readonly Panel[] };
const MINUTES = 8;

/** How often an expression had a number, as a query: 1 or more for data, 0 for none. */
const hasData = (expr: string): string =>
  `(count(count_over_time(((${expr}) >= -Inf)[${MINUTES}m:15s])) or vector(0)) > bool 0`;

/** One order is filled and its position shown wrongly, one waits until T = 30 s, one is stopped by GLOBAL, one is refused. */
async function aDay(): Promise<Series> {
  const wrong = { ...FILLS.script, positionShown: '50' };
  const script = ({ symbol }: { readonly symbol: string }): OrderScript =>
    symbol === 'AAPL' ? wrong : symbol === 'MSFT' ? FILLS.script : {};
  const now = await desk({ accounts: { paper: { script, capacity: () => 100 } } });
  const series: Series = new Map();
  const post = (id: string, symbol: string) =>
    now.post('/v1/executions', advisory(id, { symbol, expirationTimestamp: '2030-01-01T00:00:00Z' }));
  const acts: Readonly<Record<number, () => unknown>> = {
    3: () => Promise.all([post('WRONG', 'AAPL'), post('HELD', 'MSFT'), post('LATE', 'TSLA')]),
    10: async () => {
      await post('STOPPED', 'NVDA');
      await now.clock.advance(500);
      await now.post('/v1/kill-switches', { type: 'GLOBAL', reason: 'a drill' });
    },
    14: () => post('REFUSED', 'MSFT'),
  };
  for (let at = 0; at < (MINUTES * 60_000) / STEP_MS; at += 1) {
    await acts[at]?.();
    await now.clock.advance(STEP_MS);
    await scrape(now, series, at);
  }
  return series;
}

describe('deploy/grafana-dashboard.json', () => {
  it('every query of every panel gives data; one about a figure that there is none of gives none (control)', {
    timeout: 120_000,
  }, async () => {
    const series = await aDay();
    const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr.replaceAll('$account', '.*')));
    expect(queries.length).toBeGreaterThan(panels.length);
    const tests = queries.map((expr) => promTest(series, hasData(expr), 1, MINUTES));
    const control = promTest(series, hasData('fillchart_no_such_figure'), 0, MINUTES);
    passes({ rule_files: [], tests: [...tests, control] });
  });

  it('no figure of the service is without a panel', async () => {
    const shown = JSON.stringify(panels);
    const { text } = await (await desk()).get('/metrics');
    const figures = [...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name = '']) => name);
    expect(figures.length).toBeGreaterThan(20);
    const left = figures.filter((name) => !shown.includes(name) && name !== 'fillchart_build_info');
    expect(left).toEqual([]);
  });
});
