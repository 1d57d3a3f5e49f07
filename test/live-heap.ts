/**
 * The heap that is in use, garbage left out: what tests of bounded memory compare.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** In bytes. */
export function liveHeap(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
