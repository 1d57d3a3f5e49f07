/**
 * The signal that an adapter is given: a real `AbortSignal` whose listeners cannot end the process (E2).
 *
 * 1. Listeners run while the engine aborts the call. What one throws, or what its promise rejects with, Node would raise as
 *    an uncaught exception; here it is dropped: the call is over.
 * 2. The signal is the controller's own, so that `fetch`, `AbortSignal.any` and everything else takes it.
 */
type Handler = (event: Event) => unknown;
type Listener = Handler | { handleEvent(event: Event): unknown };
type AddOptions = Parameters<AbortSignal['addEventListener']>[2];
type RemoveOptions = Parameters<AbortSignal['removeEventListener']>[2];

/** The controller's signal, with every listener that is added to it contained. */
export function containedSignal({ signal }: AbortController): AbortSignal {
  const contained = new WeakMap<object, Handler>();
  const containedOf = (listener: Listener): Handler => {
    const known = contained.get(listener);
    if (known !== undefined) return known;
    const made: Handler = (event) => quietly(signal, listener, event);
    contained.set(listener, made);
    return made;
  };
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  let onAbort: Listener | null = null;
  let containedOnAbort: Handler | undefined;

  return Object.defineProperties(signal, {
    addEventListener: {
      value: (type: string, listener: Listener | null, options?: AddOptions) =>
        listener === null || listener === undefined ? undefined : add(type, containedOf(listener), options),
    },
    removeEventListener: {
      value: (type: string, listener: Listener | null, options?: RemoveOptions) =>
        listener === null || listener === undefined ? undefined : remove(type, containedOf(listener), options),
    },
    onabort: {
      get: () => onAbort,
      set: (listener: Listener | null) => {
        if (containedOnAbort !== undefined) remove('abort', containedOnAbort);
        onAbort = typeof listener === 'function' ? listener : null;
        // Not the one of `addEventListener`: both may be set to the same function, and then it is called twice.
        const given = onAbort;
        containedOnAbort = given === null ? undefined : (event) => quietly(signal, given, event);
        if (containedOnAbort !== undefined) add('abort', containedOnAbort);
      },
    },
  });
}

function quietly(signal: AbortSignal, listener: Listener, event: Event): void {
  try {
    const returned: unknown =
      typeof listener === 'function' ? listener.call(signal, event) : listener.handleEvent(event);
    Promise.resolve(returned).catch(() => undefined);
  } catch {
    // The adapter's own fault, in a call that is over.
  }
}
