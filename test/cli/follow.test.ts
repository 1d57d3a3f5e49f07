/**
 * `fillchart audit show --follow`: what an engine writes is printed as it comes, until ctrl-c.
 */
import { createEngine } from 'fillchart';
import { sqliteJournal } from 'fillchart/adapters';
import { faultBroker, virtualClock } from 'fillchart/testing';
import { describe, expect, it } from 'vitest';
import { follow } from '../../src/cli/audit/follow.js';
import { readAuditSource } from '../../src/cli/audit/source.js';
import type { AuditRecord } from '../../src/domain/audit.js';
import { advisory, CONFIG, cli, folder, jsonl } from './cli.support.js';

const here = folder();

describe('fillchart audit show --follow', () => {
  it('A2: lines that an engine writes meanwhile come once each, in order; ctrl-c ends it with 0', async () => {
    const path = here.path('j.db');
    const config = here.file('c.json', CONFIG);
    const run = (advisoryId: string) => {
      const file = here.file(`${advisoryId}.jsonl`, jsonl(advisory({ advisoryId, symbol: 'AAPL' })));
      return cli(['run', file, '--config', config, '--journal', path]);
    };
    await run('ADV-1');
    const shown = await readAuditSource(path);
    const lines: AuditRecord[] = [];
    let interrupt: () => void = () => undefined;
    let looks = 0;
    const timers = virtualClock();
    const world = {
      clock: {
        ...timers,
        // The next look comes when something was written.
        setTimeout: (fn: () => void) => {
          looks += 1;
          if (looks === 1) void run('ADV-2').then(fn);
          else {
            interrupt();
            fn();
          }
          return looks;
        },
        clearTimeout: () => undefined,
      },
      onInterrupt(listener: () => void) {
        interrupt = listener;
        return () => undefined;
      },
    };
    const last = await follow(
      { path, shown, show: (more) => void lines.push(...more) },
      world as unknown as Parameters<typeof follow>[1],
    );
    expect(last.verdict.ok).toBe(true);
    const { records } = await readAuditSource(path);
    expect(lines).toEqual(records.slice(shown.records.length).flatMap(({ audit }) => audit));
    expect(lines.at(-1)).toMatchObject({ event: 'execution_result', advisoryId: 'ADV-2' });
  });

  it('C2: prints what is there, waits, and ends with 0 on ctrl-c', async () => {
    const path = here.path('j.db');
    const clock = virtualClock();
    const broker = faultBroker({ clock });
    const engine = await createEngine({ broker, clock, logger: false, journal: sqliteJournal({ path }) });
    await engine.killSwitch.set({ type: 'GLOBAL', state: 'WARNING', reason: 'a drill' });
    await engine.close();
    const { exitCode, stdout, listeners } = await cli(['audit', 'show', path, '--follow'], { interruptAtMs: [5_000] });
    expect(stdout).toContain('kill_switch_set');
    expect([exitCode, listeners]).toEqual([0, 0]);
    const json = await cli(['audit', 'show', path, '-f', '--json'], { interruptAtMs: [5_000] });
    expect(
      json.stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).event),
    ).toEqual(['kill_switch_set']);
  });
});
