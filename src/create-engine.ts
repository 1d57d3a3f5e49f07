/**
 * The engine with its defaults: a journal in memory, the system clock, pino on standard error.
 *
 * The one place where the inner layers meet adapters; everything else takes what it is given.
 */
import { pino } from 'pino';
import { memoryJournal } from './adapters/journals/memory.js';
import { systemClock } from './adapters/system-clock.js';
import { type Engine, openEngine } from './engine/engine.js';
import type { EngineOptions } from './engine/options.js';

const STANDARD_ERROR = 2;

/**
 * Opens the journal, recovers what is in it, and starts the engine.
 *
 * @throws {FillchartError} `INVALID_OPTION`, naming option, value and what is accepted
 * @throws when another process holds the journal
 * @public @since 0.1.0
 */
export function createEngine(options: EngineOptions): Promise<Engine> {
  return openEngine({
    ...options,
    journal: options?.journal ?? memoryJournal(),
    clock: options?.clock ?? systemClock(),
    logger: options?.logger ?? pino({ name: 'fillchart' }, pino.destination(STANDARD_ERROR)),
  });
}
