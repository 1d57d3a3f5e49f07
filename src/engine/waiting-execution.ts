/**
 * The handle of an execution that waits to be let in (E4): it says that it is validating, and becomes the live one when it begins.
 */

import type { Execution } from '../actors/execution.js';
import type { ExecutionHost } from '../actors/execution-host.js';
import { type ExecutionResult, ExecutionStage } from '../domain/result.js';
import type { ExecutionInput } from '../machines/execution.facts.js';

export interface WaitingExecution {
  readonly handle: Execution;
  /** Since when it waits, engine ms. */
  readonly handedInAt: number;
  /** The host, made when it is first needed: by the admission, or by whoever wants to listen. */
  host(): ExecutionHost;
  /** It has begun: its result is this one's. */
  follow(): void;
  reject(error: Error): void;
}

/** @param handedInAt engine ms */
export const waitingExecution = (
  input: ExecutionInput,
  handedInAt: number,
  newHost: (input: ExecutionInput) => ExecutionHost,
): WaitingExecution => new Waiting(input, handedInAt, newHost);

class Waiting implements WaitingExecution {
  readonly handle: Execution;
  readonly handedInAt: number;
  made: ExecutionHost | undefined;
  readonly #input: ExecutionInput;
  readonly #newHost: (input: ExecutionInput) => ExecutionHost;
  #settle: { resolve(result: Promise<ExecutionResult>): void; reject(error: Error): void } | undefined;

  constructor(input: ExecutionInput, handedInAt: number, newHost: (input: ExecutionInput) => ExecutionHost) {
    this.#input = input;
    this.handedInAt = handedInAt;
    this.#newHost = newHost;
    const result = new Promise<ExecutionResult>((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    result.catch(nobody);
    this.handle = new WaitingHandle(input, result, this);
  }

  host(): ExecutionHost {
    this.made ??= this.#newHost(this.#input);
    return this.made;
  }

  follow(): void {
    this.#settle?.resolve(this.host().execution.result);
  }

  reject(error: Error): void {
    this.made?.abandon();
    this.#settle?.reject(error);
  }
}

class WaitingHandle implements Execution {
  readonly advisoryId: string;
  readonly clientOrderId: string;
  readonly snapshot: Execution['snapshot'];
  readonly result: Promise<ExecutionResult>;
  readonly #waiting: Pick<Waiting, 'made' | 'host'>;

  constructor(
    { advisoryId, clientOrderId, snapshot }: ExecutionInput,
    result: Promise<ExecutionResult>,
    waiting: Pick<Waiting, 'made' | 'host'>,
  ) {
    this.advisoryId = advisoryId;
    this.clientOrderId = clientOrderId;
    this.snapshot = snapshot;
    this.result = result;
    this.#waiting = waiting;
  }

  get stage(): ExecutionStage {
    return this.#waiting.made?.execution.stage ?? ExecutionStage.VALIDATING;
  }

  get stage$(): Execution['stage$'] {
    return this.#waiting.host().execution.stage$;
  }

  get timeout(): Execution['timeout'] {
    return this.#waiting.host().execution.timeout;
  }

  get actor(): Execution['actor'] {
    return this.#waiting.host().execution.actor;
  }
}

/** Nobody has to listen to a result. */
const nobody = (): void => undefined;
