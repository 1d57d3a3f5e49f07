/**
 * What a change of a kill switch means to a reader of the audit log (A1).
 */
import type { AuditEntry } from '../domain/audit.js';
import type { KillSwitchFact } from './kill-switch.machine.js';

export const killSwitchAuditOf = ({ type, change }: KillSwitchFact): readonly AuditEntry[] => [
  { event: type === 'SET' ? 'kill_switch_set' : 'kill_switch_released', details: { ...change } },
];
