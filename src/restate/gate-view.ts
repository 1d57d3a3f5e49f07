/**
 * A reading of the gate, as the chart takes it (V1, V7, V8).
 */
import { blockingCase } from '../domain/cases.js';
import { decidingSwitch, stateFor } from '../domain/kill-switch.js';
import { type Gate, gateFrom } from '../domain/validation.js';
import type { GateReading } from './gate.js';
import type { WorkerParts } from './worker-parts.js';

export function gateOf(
  { clock, aliases, settings }: Pick<WorkerParts, 'clock' | 'aliases' | 'settings'>,
  { switches, openCases }: Pick<GateReading, 'switches' | 'openCases'>,
  symbol: string | undefined,
): Gate {
  const blocking = blockingCase(openCases, symbol, settings.onMismatch, aliases);
  const decidedBy = decidingSwitch(switches, symbol, aliases);
  return gateFrom(clock.now(), stateFor(switches, symbol, aliases), decidedBy, blocking);
}
