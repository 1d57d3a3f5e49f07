/**
 * The handler of each route.
 */
import type { Handlers } from '../http/call.js';
import * as desk from './desk.js';
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
  listPositions: desk.listPositions(parts),
  listCases: desk.listCases(parts),
  resolveCase: desk.resolveCase(parts),
  resolveCases: desk.resolveCases(parts),
  listSwitches: desk.listSwitches(parts),
  setSwitch: desk.setSwitch(parts),
  releaseSwitch: desk.releaseSwitch(parts),
  listSwitchHistory: desk.listSwitchHistory(parts),
  sweep: desk.sweep(parts),
  listLimits: desk.listLimits(parts),
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
