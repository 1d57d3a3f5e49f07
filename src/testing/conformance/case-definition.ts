/**
 * One promise of the broker port, put to the test.
 */
import type { Bench } from './bench.js';
import type { Situation } from './subject.js';

export interface CaseDefinition {
  readonly title: string;
  readonly needs: Situation;
  /** Throws `ConformanceError` when the promise is broken, `NotApplicable` when it was not given. */
  run(bench: Bench): Promise<void>;
}
