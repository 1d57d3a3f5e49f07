/**
 * The handler of each route.
 */
import type { Handlers } from '../http/call.js';
import * as controls from './controls.js';
import { streamEvents } from './events.js';
import * as executions from './executions.js';
import type { HandlerParts } from './parts.js';
import * as system from './system.js';

export const handlers = (parts: HandlerParts): Handlers => ({
  submitExecution: executions.submitExecution(parts),
  listExecutions: executions.listExecutions(parts),
  getExecution: executions.getExecution(parts),
  getExecutionAudit: executions.getExecutionAudit(parts),
  getExecutionReplay: executions.getExecutionReplay(parts),
  getExecutionLife: executions.getExecutionLife(parts),
  listAudit: executions.listAudit(parts),
  listPositions: controls.listPositions(parts),
  listCases: controls.listCases(parts),
  resolveCase: controls.resolveCase(parts),
  resolveCases: controls.resolveCases(parts),
  listSwitches: controls.listSwitches(parts),
  setSwitch: controls.setSwitch(parts),
  releaseSwitch: controls.releaseSwitch(parts),
  listSwitchHistory: controls.listSwitchHistory(parts),
  sweep: controls.sweep(parts),
  listLimits: controls.listLimits(parts),
  listAccounts: system.listAccounts(parts),
  streamEvents: streamEvents(parts),
  getSession: system.getSession(parts),
  listAccess: system.listAccess(parts),
  listReasons: system.listReasons(),
  getHealth: system.getHealth(),
  getReadiness: system.getReadiness(parts),
  getMetrics: system.getMetrics(parts),
  getOpenApi: system.getOpenApi(parts),
  getDocs: system.getDocs(parts),
});
