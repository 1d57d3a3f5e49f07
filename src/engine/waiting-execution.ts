/**
 * The handle of an execution that waits to be let in (E4): it says that it is validating, and becomes the live one when it begins.
 */

import type { Execution } from '../actors/execution.js';
import type { ExecutionHost } from '../actors/execution-host.js';
import { type ExecutionResult, ExecutionStage } from '../domain/result.js';
import type { ExecutionInput } from '../machines/execution.facts.js';

export interface WaitingExecution {
  readonly handle: Execution;
  /** The host, made when it is first needed: by the admission, or by whoever wants to listen. */
  host(): ExecutionHost;
  /** It has begun: its result is this one's. */
  follow(): void;
  reject(error: Error): void;
}

export function waitingExecution(
  { advisoryId, clientOrderId, snapshot }: ExecutionInput,
  newHost: () => ExecutionHost,
): WaitingExecution {
  let made: ExecutionHost | undefined;
  let settle: { resolve(result: Promise<ExecutionResult>): void; reject(error: Error): void } | undefined;
  const result = new Promise<ExecutionResult>((resolve, reject) => {
    settle = { resolve, reject };
  });
  result.catch(() => undefined);

  function host(): ExecutionHost {
    made ??= newHost();
    return made;
  }

  const handle: Execution = {
    advisoryId,
    clientOrderId,
    snapshot,
    result,
    get stage() {
      return made?.execution.stage ?? ExecutionStage.VALIDATING;
    },
    get stage$() {
      return host().execution.stage$;
    },
    get timeout() {
      return host().execution.timeout;
    },
    get actor() {
      return host().execution.actor;
    },
  };
  return {
    handle,
    host,
    follow: () => settle?.resolve(host().execution.result),
    reject(error) {
      made?.abandon();
      settle?.reject(error);
    },
  };
}
