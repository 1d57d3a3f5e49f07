/**
 * Hands an advisory over to Restate, and follows what becomes of it.
 *
 * 1. What runs is told by the log. The answer of Restate counts where the log will never tell: the advisory was refused before
 *    it was anybody's, or it was executed so long ago that it is not followed any more.
 * 2. An advisory that is known here is not handed over again, but to be run once more on purpose (E1).
 */
import { verifyChain } from '../../domain/journal.js';
import type { Clock } from '../../domain/ports.js';
import type { ExecutionResult } from '../../domain/result.js';
import type { SnapshotInput } from '../../domain/snapshot.js';
import { inputOf, isRegistered } from '../../machines/advisory.js';
import type { ExecutionFact, ExecutionInput } from '../../machines/execution.facts.js';
import type { RestateFront } from '../front.js';
import type { MirroredExecution } from './mirrored-execution.js';
import type { MirroredLives } from './mirrored-lives.js';

interface HandoverParts {
  readonly front: Pick<RestateFront, 'execute' | 'records'>;
  readonly lives: MirroredLives;
  readonly clock: Clock;
  readonly catchUp: () => Promise<void>;
}

/** The log follows the result within so long, when it does at all. */
const LOG_COMES_WITHIN_MS = 2_000;
const LOOK_MS = 100;

export function handover({ front, lives, clock, catchUp }: HandoverParts) {
  return (raw: SnapshotInput, again: boolean): MirroredExecution => {
    const input = inputOf(raw);
    const known = isRegistered(input) ? lives.find(input.advisoryId) : undefined;
    if (known !== undefined && isSame(known, input) && !(again && neverLeft(known))) return known;
    // Another advisory under a name that is taken has no place of its own.
    const one = known !== undefined && !isSame(known, input) ? apart(input) : lives.expect(input);
    front.execute(raw, again ? { again } : {}).then(
      (result) => void told(one, input, result),
      (error: unknown) => {
        if (one.hasBegun) return;
        lives.withdraw(input, one);
        one.fail(error);
      },
    );
    return one;
  };

  function apart(input: ExecutionInput): MirroredExecution {
    return lives.expect({ ...input, problems: [...input.problems, TAKEN] });
  }

  async function told(one: MirroredExecution, input: ExecutionInput, result: ExecutionResult): Promise<void> {
    if (one.isDone) return;
    if (isNobodys(result) || !isRegistered(input)) {
      lives.withdraw(input, one);
      one.settle(result);
      return;
    }
    for (let waited = 0; !one.isDone && waited < LOG_COMES_WITHIN_MS; waited += LOOK_MS) {
      await catchUp().catch(() => undefined);
      if (!one.isDone) await new Promise<void>((resolve) => clock.setTimeout(resolve, LOOK_MS));
    }
    if (one.isDone) return;
    const records = await front.records(input.advisoryId).catch(() => []);
    if (!one.hasBegun && verifyChain(records).ok)
      for (const { fact } of records) one.take(fact as unknown as ExecutionFact);
    if (!one.isDone) one.settle(result);
  }
}

const TAKEN = { code: 'ADVISORY_CONFLICT', field: 'advisoryId', message: '' } as const;

const isSame = ({ snapshot }: MirroredExecution, { snapshotHash }: ExecutionInput): boolean =>
  snapshot.context.snapshotHash === snapshotHash;

const neverLeft = ({ snapshot }: MirroredExecution): boolean => {
  const { result } = snapshot.context;
  return result?.status === 'REJECTED' && result.attempts.length === 0;
};

/** Refused before it was anybody's execution: no log tells of it. */
const isNobodys = ({ reason }: ExecutionResult): boolean => reason === 'ADVISORY_CONFLICT';
