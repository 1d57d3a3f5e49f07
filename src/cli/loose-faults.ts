/**
 * What foreign code in this process throws outside any call: in a timer, or in a promise that nobody hears.
 *
 * 1. While it is heard here, it ends neither the process nor what the process was asked for.
 */

type Listener = (cause: unknown) => void;

export interface LooseFaults {
  /** Listens, and returns how to stop. */
  readonly onUncaughtException: (listener: Listener) => () => void;
  readonly onUnhandledRejection: (listener: Listener) => () => void;
  /** What came while nobody listened. */
  readonly missed: readonly unknown[];
  stop(): void;
}

export function hearLooseFaults(): LooseFaults {
  const missed: unknown[] = [];
  const channel = () => {
    const listeners = new Set<Listener>();
    return {
      heard: (cause: unknown): void => {
        if (listeners.size === 0) missed.push(cause);
        for (const listener of listeners) listener(cause);
      },
      listen: (listener: Listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    };
  };
  const [exceptions, rejections] = [channel(), channel()];
  process.on('unhandledRejection', rejections.heard);
  // Before every listener of the process, whoever put it there: those would end it.
  process.setUncaughtExceptionCaptureCallback(null);
  process.setUncaughtExceptionCaptureCallback(exceptions.heard);
  return {
    missed,
    onUncaughtException: exceptions.listen,
    onUnhandledRejection: rejections.listen,
    stop() {
      process.off('unhandledRejection', rejections.heard);
      process.setUncaughtExceptionCaptureCallback(null);
    },
  };
}
