/**
 * What keeps this process alive that did not before: timers and connections that foreign code has left open.
 */
import type { Clock } from '../domain/ports.js';

const STEP_MS = 20;
/** What is being closed needs a moment. */
const GRACE_MS = 500;

/** Call it before; what it returns, afterwards: that resolves with what is still open, such as `Timeout`. */
export async function watchOpen(clock: Clock): Promise<() => Promise<readonly string[]>> {
  const pause = () => new Promise<void>((resolve) => void clock.setTimeout(resolve, STEP_MS));
  await pause();
  const before = process.getActiveResourcesInfo();
  return async () => {
    let left: readonly string[] = [];
    for (let waited = 0; waited < GRACE_MS; waited += STEP_MS) {
      await pause();
      left = without(process.getActiveResourcesInfo(), before);
      if (left.length === 0) return left;
    }
    return left;
  };
}

function without(all: readonly string[], some: readonly string[]): readonly string[] {
  const rest = [...some];
  return all.filter((name) => {
    const at = rest.indexOf(name);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}
