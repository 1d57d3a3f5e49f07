/**
 * The notations of a symbol at a broker whose instruments are configured: the configured one, however it is written, and none
 * for what is not configured, so that a kill switch on it is said to cover nothing known (K9).
 */
import { symbolKey } from '../../domain/kill-switch.js';

export function configuredAliases(symbols: Iterable<string>): (symbol: string) => readonly string[] {
  const byKey = new Map<string, readonly string[]>();
  for (const symbol of symbols) byKey.set(symbolKey(symbol), [...(byKey.get(symbolKey(symbol)) ?? []), symbol]);
  return (symbol) => byKey.get(symbolKey(symbol)) ?? [];
}
