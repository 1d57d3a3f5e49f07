/** `fillchart/adapters`: the outside world, in the parts that need nothing else installed. */

export { memoryJournal } from './journals/memory.js';
export { systemClock } from './system-clock.js';
