/**
 * Work of an execution that must not throw: what throws would be tried again by Restate for ever, with an order live and nobody
 * to look after it. It is a fault of the engine instead, and ends the execution by the last resort (E5).
 */
import { causeOf } from '../domain/reading.js';

/** The engine's own fault, which no repeat mends. */
export class EngineFault extends Error {
  override readonly name = 'EngineFault';
}

/** What a step came to, as it stands in Restate's journal. */
export type Contained<T> = { readonly told: T } | { readonly fault: string };

export async function contained<T>(act: () => Promise<T> | T): Promise<Contained<T>> {
  try {
    return { told: await act() };
  } catch (error) {
    return { fault: causeOf(error) };
  }
}

/** @throws EngineFault when the step has failed */
export function toldBy<T>(step: Contained<T>): T {
  if ('fault' in step) throw new EngineFault(step.fault);
  return step.told;
}
