/**
 * The notations of a symbol that the broker takes, read so that nothing it answers can do harm (K9).
 */
import type { Aliases } from '../domain/kill-switch.js';
import type { BrokerAdapter } from '../domain/ports.js';
import { attempt } from '../domain/reading.js';

/** None where the broker has no such list. What is no list of texts is no notation. */
export function aliasesOf(broker: BrokerAdapter): Aliases | undefined {
  if (typeof broker.aliases !== 'function') return undefined;
  return (symbol) => {
    const told: unknown = attempt(() => broker.aliases?.(symbol));
    return Array.isArray(told) ? told.filter((name): name is string => typeof name === 'string') : [];
  };
}
