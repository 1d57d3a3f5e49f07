/**
 * One look at the exits of a position: what the broker says of each, and which it does not show at all (B7, M4).
 *
 * 1. What did not answer is no news.
 * 2. Where the adapter asks in batches it is one call, and the entry goes along: a bust, a correction or a stray fill after the
 *    result is found by polls too (P8, T5).
 */
import { callBroker } from '../actors/calls.js';
import { type ExitFact, type ExitLeg, readExitReport } from '../domain/exits.js';
import { type OrderFact, readOrderReport } from '../domain/order.js';
import type { OrderRef } from '../domain/ports.js';
import { attempt } from '../domain/reading.js';
import type { ExitRef } from '../machines/protection.commands.js';
import type { WorkerParts } from './worker-parts.js';

/** Plain JSON. */
export interface SeenExits {
  /** Engine ms. */
  readonly at: number;
  readonly reports: readonly { readonly leg: ExitLeg; readonly report: ExitFact }[];
  /** Neither found by their ids nor among the open orders. */
  readonly missing: readonly ExitLeg[];
  /** Of the entry, where it went along. */
  readonly entry?: OrderFact;
}

type LookParts = Pick<WorkerParts, 'broker' | 'capabilities' | 'clock' | 'deadlines'>;

export async function lookAtExits(parts: LookParts, entry: OrderRef, refs: readonly ExitRef[]): Promise<SeenExits> {
  const { broker, capabilities, clock } = parts;
  const at = () => Math.floor(clock.now());
  if (capabilities.batchStatus && broker.getOrderStatuses !== undefined) {
    const rows = await listOf(parts, (signal) =>
      broker.getOrderStatuses?.([...refs.map(({ ref }) => ref), entry], signal),
    );
    if (rows !== undefined) {
      const rowOf = (id: string) => rows.find((row) => idOf(row) === id);
      const reports = refs.flatMap((ref) => reportOf(ref, rowOf(ref.ref.clientOrderId)));
      const told = readOrderReport(rowOf(entry.clientOrderId), entry);
      const left = refs.filter(({ leg }) => !reports.some((report) => report.leg === leg));
      const rest = await oneByOne(parts, left);
      return { at: at(), reports: [...reports, ...rest.reports], missing: rest.missing, ...(told && { entry: told }) };
    }
  }
  return { at: at(), ...(await oneByOne(parts, refs)) };
}

async function oneByOne(parts: LookParts, refs: readonly ExitRef[]): Promise<Pick<SeenExits, 'reports' | 'missing'>> {
  const { broker, clock, deadlines } = parts;
  const unfound: ExitRef[] = [];
  const reports = await Promise.all(
    refs.map(async (ref) => {
      const outcome = await callBroker(clock, deadlines.statusMs, (signal) => broker.getOrderStatus(ref.ref, signal));
      if (outcome.kind !== 'answered') return [];
      if (outcome.value === 'not_found') unfound.push(ref);
      return reportOf(ref, outcome.value);
    }),
  );
  if (unfound.length === 0 || broker.getOpenOrders === undefined) return { reports: reports.flat(), missing: [] };
  const open = await listOf(parts, (signal) => broker.getOpenOrders?.(signal));
  const isOpen = ({ ref }: ExitRef) => open?.some((row) => idOf(row) === ref.clientOrderId) !== false;
  return { reports: reports.flat(), missing: unfound.filter((ref) => !isOpen(ref)).map(({ leg }) => leg) };
}

async function listOf(
  { clock, deadlines }: LookParts,
  ask: (signal: AbortSignal) => Promise<unknown> | undefined,
): Promise<readonly unknown[] | undefined> {
  const outcome = await callBroker(clock, deadlines.statusMs, (signal) => ask(signal) ?? Promise.resolve(undefined));
  return outcome.kind === 'answered' && Array.isArray(outcome.value) ? outcome.value : undefined;
}

function reportOf({ leg, ref }: ExitRef, raw: unknown): SeenExits['reports'] {
  const report = raw === undefined ? undefined : readExitReport(raw, ref);
  return report === undefined ? [] : [{ leg, report }];
}

const idOf = (row: unknown): unknown => attempt(() => (row as { readonly clientOrderId?: unknown }).clientOrderId);
