/**
 * A reading of the gate, as the chart takes it (V1, V7, V8).
 */
import { blockingCase } from '../domain/cases.js';
import { decidingSwitch, stateFor } from '../domain/kill-switch.js';
import type { Gate } from '../domain/validation.js';
import type { GateReading } from './gate.js';
import type { WorkerParts } from './worker-parts.js';

export function gateOf(
  { clock, aliases, settings }: Pick<WorkerParts, 'clock' | 'aliases' | 'settings'>,
  { switches, openCases }: Pick<GateReading, 'switches' | 'openCases'>,
  symbol: string | undefined,
): Gate {
  const killSwitchState = stateFor(switches, symbol, aliases);
  const decidedBy = decidingSwitch(switches, symbol, aliases);
  const blocking = blockingCase(openCases, symbol, settings.onMismatch, aliases);
  return {
    now: clock.now(),
    killSwitchState,
    ...(decidedBy !== undefined && { decidedBy }),
    ...(blocking !== undefined && {
      openCaseId: blocking.caseId,
      openCase: {
        caseId: blocking.caseId,
        caseKind: blocking.kind,
        symbol: blocking.symbol,
        openedAt: blocking.openedAt,
      },
    }),
  };
}
