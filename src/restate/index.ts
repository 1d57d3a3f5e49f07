/**
 * `fillchart/restate`: the same charts over several machines, on Restate.
 */
export { type RestateFront, type RestateFrontOptions, restateFront } from './front.js';
export { HOST_SETTINGS, type HostSettings, SubmitMode } from './settings.js';
export { openWorker, type RestateWorker, registerDeployment, type WorkerOptions } from './worker.js';
