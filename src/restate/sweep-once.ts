/**
 * One sweep of a worker: the broker against what the objects on Restate know, by the judge of every other host (M3, M4).
 *
 * 1. It changes nothing: cases, and what was learned of exits, are what it comes to, and the objects take them.
 * 2. What could not be asked, Restate included, judges nothing and is named.
 * 3. A case that says the very same already is not added to.
 */
import { NEVER } from 'rxjs';
import { type CaseRegister, caseRegister, type NewCase } from '../actors/cases.js';
import { exitWatch } from '../actors/exit-watch.js';
import { canonicalJson } from '../domain/canonical.js';
import type { Case } from '../domain/cases.js';
import { readOrderReport } from '../domain/order.js';
import { causeOf } from '../domain/reading.js';
import { isoTime } from '../domain/time.js';
import { strayFills, strayReport } from '../engine/stray-fills.js';
import { type SweepReport, sweep } from '../engine/sweep.js';
import type { ProtectionFact } from '../machines/protection.facts.js';
import { ALL, GATE } from './names.js';
import { type SweepKnowledge, sweepKnowledge } from './sweep-knowledge.js';
import type { WorkerParts } from './worker-parts.js';

/** What a sweep comes to, as plain JSON. */
export interface Swept {
  readonly report: Omit<SweepReport, 'cases'>;
  /** Cases to be opened, or added to. */
  readonly raised: readonly NewCase[];
  /** For the exits, by the `clientOrderId` of their entry. */
  readonly heard: readonly { readonly clientOrderId: string; readonly facts: readonly ProtectionFact[] }[];
  /** Advisories whose order is known to be closed now. */
  readonly certain: readonly { readonly symbol: string; readonly advisoryId: string }[];
  /** Symbols to be compared again soon. */
  readonly unclear: readonly string[];
}

type SweptWorker = Pick<
  WorkerParts,
  'broker' | 'capabilities' | 'clock' | 'deadlines' | 'settings' | 'aliases' | 'ingress' | 'connected'
>;

const LIMIT_MS = 5_000;

export async function sweepOnce(parts: SweptWorker): Promise<Swept> {
  const time = () => Math.floor(parts.clock.now());
  try {
    await parts.connected();
    return await swept(parts, time);
  } catch (error) {
    const report = { at: isoTime(time()), orders: 0, positions: 0, failures: [`the sweep: ${causeOf(error)}`] };
    return { report, raised: [], heard: [], certain: [], unclear: [] };
  }
}

async function swept(parts: SweptWorker, time: () => number): Promise<Swept> {
  const { broker, capabilities, clock, deadlines, ingress } = parts;
  const { cases, raised } = await knownCases(parts, time);
  const known = await sweepKnowledge({ ingress, clock, cases });
  const look = looking(parts, known);
  const stray = strayFills(cases);
  const certain: { symbol: string; advisoryId: string }[] = [];
  try {
    const { cases: _found, ...report } = await sweep({
      ...{ broker, capabilities, clock, time, deadlines, cases, exitWatch: look },
      ...{ executions: known.executions, protections: known.protections, holdings: known.holdings },
      refresh: known.refresh,
      uncertain: () => known.uncertain,
      onReport(context, raw) {
        strayReport(context, raw, stray);
        const report = readOrderReport(raw, context);
        const { advisoryId, snapshot } = context;
        if (report !== undefined && report.status !== 'open') certain.push({ symbol: snapshot.symbol, advisoryId });
      },
    });
    const heard = [...known.heard].map(([clientOrderId, facts]) => ({ clientOrderId, facts }));
    return { report, raised, heard, certain, unclear: [...known.unclear] };
  } finally {
    look.close();
  }
}

/** Asks for exits once; what they say is heard. */
function looking({ broker, capabilities, clock, deadlines, settings }: SweptWorker, known: SweepKnowledge) {
  const watch = exitWatch({
    ...{ broker, capabilities, clock, gaps$: NEVER },
    intervalMs: settings.exitPollIntervalMs,
    statusDeadlineMs: deadlines.statusMs,
  });
  watch.news$.subscribe((news) => {
    if (news.kind === 'report') known.hear(news.id, news.raw);
  });
  return watch;
}

/** The cases of the gate, as the sweep sees them; what it raises is collected. */
async function knownCases({ ingress, settings, aliases }: SweptWorker, time: () => number) {
  const all = await ingress.call<readonly Case[]>(GATE, ALL, 'cases', null, LIMIT_MS);
  const register = caseRegister({ record: async () => ({ durable: true }) }, time, settings.onMismatch, aliases);
  register.restoreAll(all);
  const raised: NewCase[] = [];
  const said = () => new Map(register.all().map((known) => [known.caseId, sayingOf(known)]));
  const cases: CaseRegister = {
    ...register,
    raise(found) {
      const before = said();
      const durability = register.raise(found);
      const isNews = [...said()].some(([caseId, now]) => before.get(caseId) !== now);
      if (isNews) raised.push(found);
      return durability;
    },
  };
  return { cases, raised };
}

/** All that a case says, but for when it was said last. */
const sayingOf = ({ openedAt: _at, ...rest }: Case): string => canonicalJson(JSON.parse(JSON.stringify(rest)));
