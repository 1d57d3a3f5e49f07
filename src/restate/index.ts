/**
 * `fillchart/restate`: the same charts over several machines, on Restate.
 */
export { type RestateFront, type RestateFrontOptions, restateFront } from './front.js';
export type { ArchivedExecution } from './kept.js';
export { type HostedEngine, type RestateHost, type RestateHostOptions, restateHost } from './mirror/mirror.js';
export { openWorker, registerDeployment } from './open-worker.js';
export { HOST_SETTINGS, type HostSettings, SubmitMode } from './settings.js';
export type { RestateWorker, WorkerOptions } from './worker.js';
