/**
 * What the broker pushes on orders that no step of this worker follows: exits after the result, and entries whose execution is
 * over. It goes to the exits of its entry, which know what is news (B7, P8, T5).
 *
 * 1. A push is a hint: nothing is lost with one that does not arrive where exits are polled.
 * 2. Each worker that hears of it tells it; the second finds it known.
 * 3. Of one order the latest report is told, after a moment: most are of executions that live in another worker, to which they
 *    are no news. A correction is told as well, whatever follows it.
 * 4. While Restate does not answer, a bounded number of orders waits.
 */
import type { Observable } from 'rxjs';
import { exitOf } from '../domain/exits.js';
import { type OrderFact, readOrderReport } from '../domain/order.js';
import type { Clock } from '../domain/ports.js';
import type { Ingress } from './ingress.js';
import { EXITS } from './names.js';

interface PushedReports {
  close(): void;
}

interface PushedParts {
  /** Raw reports on orders that no step follows. */
  readonly unfollowed$: Observable<{ readonly clientOrderId: string; readonly raw: unknown }>;
  /** Entries of executions that live in this worker. */
  readonly hosted: ReadonlySet<string>;
  readonly ingress: Pick<Ingress, 'call'>;
  readonly clock: Clock;
}

interface Told {
  readonly at: number;
  readonly report: OrderFact;
}

const LIMIT_MS = 5_000;
const RETRY_MS = 500;
const EXIT_DELAY_MS = 250;
const ENTRY_DELAY_MS = 1_000;
const MOST_WAITING = 1_000;

export function pushedReports({ unfollowed$, hosted, ingress, clock }: PushedParts): PushedReports {
  /** By order. */
  const waiting = new Map<string, readonly Told[]>();
  const ready: string[] = [];
  let isTelling = false;
  let isClosed = false;

  function tell(id: string, told: readonly Told[]): Promise<unknown> {
    const exit = exitOf(id);
    if (exit === undefined) return tellOfEntry(id, told);
    const facts = told.map(({ at, report }) => ({ type: 'EXIT_REPORT', at, leg: exit.leg, report }));
    return ingress.call(EXITS, exit.clientOrderId, 'hear', facts, LIMIT_MS);
  }

  async function tellOfEntry(id: string, told: readonly Told[]): Promise<void> {
    if (hosted.has(id)) return;
    for (const { report } of told) await ingress.call(EXITS, id, 'hearOfEntry', report, LIMIT_MS);
  }

  async function tellAll(): Promise<void> {
    if (isTelling) return;
    isTelling = true;
    for (let id = ready[0]; id !== undefined && !isClosed; id = ready[0]) {
      const told = waiting.get(id) ?? [];
      try {
        await tell(id, told);
        ready.shift();
        // What has come meanwhile is told after it.
        if (waiting.get(id) === told) waiting.delete(id);
        else ready.push(id);
      } catch {
        await new Promise<void>((resolve) => clock.setTimeout(resolve, RETRY_MS));
      }
    }
    isTelling = false;
  }

  function hear(id: string, report: OrderFact): void {
    const before = waiting.get(id);
    if (before === undefined && waiting.size >= MOST_WAITING) return;
    const kept = (before ?? []).filter((told) => told.report.correction !== undefined);
    waiting.set(id, [...kept, { at: Math.floor(clock.now()), report }]);
    if (before !== undefined) return;
    clock.setTimeout(
      () => {
        ready.push(id);
        void tellAll();
      },
      exitOf(id) === undefined ? ENTRY_DELAY_MS : EXIT_DELAY_MS,
    );
  }

  const heard = unfollowed$.subscribe(({ clientOrderId, raw }) => {
    const report = hosted.has(clientOrderId) ? undefined : readOrderReport(raw, { clientOrderId });
    if (report !== undefined) hear(clientOrderId, report);
  });
  return {
    close() {
      isClosed = true;
      heard.unsubscribe();
    },
  };
}
