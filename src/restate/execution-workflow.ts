/**
 * The workflow `execution` on Restate: one run of an advisory, keyed by its id.
 */
import * as restate from '@restatedev/restate-sdk';
import type { ExecutionResult } from '../domain/result.js';
import type { ExecutionInput } from '../machines/execution.facts.js';
import { hostedExecution } from './hosted-execution.js';
import { EXECUTION } from './names.js';
import { EXECUTION_OPTIONS } from './retry.js';
import type { WorkerParts } from './worker-parts.js';

export function executionWorkflow(parts: WorkerParts) {
  return restate.workflow({
    name: EXECUTION,
    handlers: {
      run: (ctx: restate.WorkflowContext, input: ExecutionInput): Promise<ExecutionResult> =>
        hostedExecution(ctx, parts, input),
    },
    // Longer than the longest step.
    options: { ...EXECUTION_OPTIONS, inactivityTimeout: { minutes: 1 } },
  });
}
