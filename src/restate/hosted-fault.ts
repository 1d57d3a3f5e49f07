/**
 * The last resort of a hosted execution: the engine's own fault in it (E5). What one process does, in the order of Restate.
 *
 * 1. First the gate of all workers closes; then one step cancels or protects what is live, from the last good state, and a case
 *    is opened.
 * 2. The fault and the result are records of the chain: who replays it finds the result.
 */

import type { NewCase } from '../actors/cases.js';
import { faultReason, lastResort } from '../actors/last-resort.js';
import type { AuditEntry } from '../domain/audit.js';
import type { ExecutionResult } from '../domain/result.js';
import { BY } from '../engine/risk-halt.js';
import type { EngineFaultFact } from '../machines/execution.facts.js';
import type { GateObject } from './gate-object.js';
import type { Hosting } from './hosting.js';
import { ALL, GATE } from './names.js';
import { timeOf } from './steps.js';

/** What the last resort wrote down, and the result. Plain JSON. */
interface LastWords {
  readonly result: ExecutionResult;
  readonly recorded: readonly FaultRecord[];
  readonly raised: readonly NewCase[];
}

interface FaultRecord {
  readonly fact: EngineFaultFact;
  readonly audit: readonly AuditEntry[];
}

export async function endByFault(hosting: Hosting, cause: string): Promise<void> {
  const { ctx, life, nameOf } = hosting;
  const gate = ctx.objectClient<GateObject>({ name: GATE }, ALL);
  const { switches } = await gate.read(0);
  if (!switches.some(({ type, state }) => type === 'GLOBAL' && state === 'ACTIVE')) {
    const reason = faultReason(life.context.advisoryId, cause);
    const asked = { type: 'GLOBAL', state: 'ACTIVE', reason, by: BY } as const;
    await gate.set({ asked, at: await ctx.date.now() });
  }
  const { result, recorded, raised } = await ctx.run(nameOf('last-resort'), () => lastWords(hosting, cause));
  for (const found of raised) await gate.raise(found);
  for (const { fact, audit } of recorded) life.fail(fact, audit, result);
}

async function lastWords({ parts, life, startOf }: Hosting, cause: string): Promise<LastWords> {
  const { calls, logger } = parts;
  const recorded: FaultRecord[] = [];
  const raised: NewCase[] = [];
  const durable = { durable: true } as const;
  const result = await lastResort(life.state, new Error(cause), {
    ...{ calls, time: timeOf(parts, startOf()) },
    // Closed before.
    closeGate: () => undefined,
    recorder: {
      say(level, details, message) {
        if (logger !== false) logger[level](details, message);
      },
      async record({ fact, audit }) {
        recorded.push({ fact: fact as EngineFaultFact, audit });
        return durable;
      },
    },
    cases: {
      async raise(found) {
        raised.push(found);
        return durable;
      },
    },
  });
  return { result, recorded, raised };
}
