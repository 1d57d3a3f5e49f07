/**
 * The objects on Restate that executions leave something in for ever: the advisories and the ledger.
 *
 * 1. Exclusive handlers change, one at a time; shared handlers read.
 * 2. An advisory is known for ever: after Restate has forgotten the workflow, its id still runs no second time (S1, E1).
 */
import * as restate from '@restatedev/restate-sdk';
import { canonicalJson, sha256 } from '../domain/canonical.js';
import { GENESIS_HASH, type JournalRecord } from '../domain/journal.js';
import type { Logger } from '../domain/ports.js';
import { causeOf } from '../domain/reading.js';
import type { ExecutionResult } from '../domain/result.js';
import type { ExecutionInput } from '../machines/execution.facts.js';
import type { ArchivedExecution, Claim, KnownAdvisory, LedgerEntry } from './kept.js';
import { ADVISORIES, EXECUTION, LEDGER, PAGES, runKey } from './names.js';
import { keyOf } from './pages.js';
import type { PagesObject } from './pages-object.js';
import { OBJECT_OPTIONS } from './retry.js';
import type { HostSettings } from './settings.js';

type Exclusive = restate.ObjectContext;
type Shared = restate.ObjectSharedContext;
const INPUT_AS_JSON: restate.Serde<ExecutionInput> = {
  contentType: 'application/json',
  serialize: (input) => new TextEncoder().encode(JSON.stringify(input)),
  deserialize: (bytes) => JSON.parse(new TextDecoder().decode(bytes)),
};

const knownOf = (ctx: Shared): Promise<KnownAdvisory | null> => ctx.get<KnownAdvisory>('known');

/** Refused before anything left the process: such an advisory may be run once more (E1). */
const neverLeft = ({ result }: KnownAdvisory): boolean => result?.status === 'REJECTED' && result.attempts.length === 0;

interface AdvisoriesParts {
  readonly settings: Pick<HostSettings, 'recordsKeptMs'>;
  /** Takes the records before they go; what rejects is tried again. May be called twice for one run. */
  readonly archive?: ((gone: ArchivedExecution) => Promise<void>) | undefined;
  readonly logger?: Logger | false;
}

const NOT_ARCHIVED =
  'the archive has not taken the records of an execution: they are kept, and it is asked again in an hour';

/** An archive that does not take the records is asked again after so long; who asks for the advisory does not wait for it. */
const ARCHIVE_AGAIN_MS = 3_600_000;

export function advisoriesHandlers({ settings, archive, logger = false }: AdvisoriesParts) {
  async function isArchived(gone: ArchivedExecution): Promise<boolean> {
    try {
      await archive?.(gone);
      return true;
    } catch (error) {
      if (logger !== false) logger.error({ advisoryId: gone.advisoryId, cause: causeOf(error) }, NOT_ARCHIVED);
      return false;
    }
  }

  return {
    async claim(ctx: Exclusive, { input, again }: { input: ExecutionInput; again?: boolean }): Promise<Claim> {
      const known = await knownOf(ctx);
      if (known !== null && known.snapshotHash !== input.snapshotHash) {
        return { kind: 'conflict', snapshotHash: known.snapshotHash };
      }
      const mayBegin = known === null || (again === true && neverLeft(known));
      if (!mayBegin) {
        const { run, result } = known;
        return result === undefined ? { kind: 'running', run } : { kind: 'finished', run, result };
      }
      const run = (known?.run ?? 0) + 1;
      const { snapshotHash, clientOrderId } = input;
      ctx.set('known', { snapshotHash, clientOrderId, run } satisfies KnownAdvisory);
      ctx.genericSend({
        service: EXECUTION,
        method: 'run',
        key: runKey(input.advisoryId, run),
        parameter: input,
        inputSerde: INPUT_AS_JSON,
      });
      return { kind: 'begun', run };
    },
    async finish(ctx: Exclusive, done: { result: ExecutionResult; records: readonly JournalRecord[] }): Promise<void> {
      const known = await knownOf(ctx);
      if (known === null) return;
      ctx.set('known', { ...known, ...done });
      ctx
        .objectSendClient<AdvisoriesObject>({ name: ADVISORIES }, ctx.key)
        .forget(known.run, restate.rpc.sendOpts({ delay: settings.recordsKeptMs }));
    },
    /** The records go; the id and its result stay, so that it never runs twice (S1, E1). */
    async forget(ctx: Exclusive, run: number): Promise<void> {
      const known = await knownOf(ctx);
      if (known?.run !== run || known.result === undefined || known.records === undefined) return;
      const { records, ...kept } = known;
      const gone = { advisoryId: ctx.key, run, result: known.result, records };
      if (await ctx.run('archive', () => isArchived(gone))) return ctx.set('known', kept);
      const delay = Math.min(ARCHIVE_AGAIN_MS, settings.recordsKeptMs);
      ctx
        .objectSendClient<AdvisoriesObject>({ name: ADVISORIES }, ctx.key)
        .forget(run, restate.rpc.sendOpts({ delay }));
    },
    view: knownOf,
  };
}

export function advisoriesObject(parts: AdvisoriesParts) {
  const { view, ...changes } = advisoriesHandlers(parts);
  return restate.object({
    name: ADVISORIES,
    handlers: { ...changes, view: restate.handlers.object.shared(view) },
    options: OBJECT_OPTIONS,
  });
}
export type AdvisoriesObject = ReturnType<typeof advisoriesObject>;

/** How far the ledger goes. */
interface LedgerEnd {
  readonly seq: number;
  readonly hash: string;
}

const endOf = async (ctx: Shared): Promise<LedgerEnd> =>
  (await ctx.get<LedgerEnd>('end')) ?? { seq: 0, hash: GENESIS_HASH };

export const ledgerHandlers = {
  /** The object knows its end alone, the entries are in pages. */
  async append(ctx: Exclusive, entry: Omit<LedgerEntry, 'seq' | 'hash'>): Promise<void> {
    const end = await endOf(ctx);
    const unchained = { seq: end.seq + 1, ...entry };
    const { seq } = unchained;
    const hash = sha256(`${end.hash}\n${canonicalJson(unchained)}`);
    const value: LedgerEntry = { ...unchained, hash };
    ctx.objectSendClient<PagesObject>({ name: PAGES }, keyOf(LEDGER, seq)).put([{ number: seq, value }]);
    ctx.set('end', { seq, hash });
  },
  end: endOf,
};

export const ledgerObject = restate.object({
  name: LEDGER,
  handlers: { append: ledgerHandlers.append, end: restate.handlers.object.shared(ledgerHandlers.end) },
  options: OBJECT_OPTIONS,
});
export type LedgerObject = typeof ledgerObject;
