/**
 * What a run of a path came to.
 */
import type { ExecutionPath } from './execution-paths.js';

export interface PathRun {
  readonly path: ExecutionPath;
  /** Wall time, in ms. */
  readonly tookMs: number;
  /** Where engine and chart parted; absent when they agreed. */
  readonly problem?: string;
  /** Why it was not run. */
  readonly skipped?: string;
}
