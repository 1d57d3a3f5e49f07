/**
 * The signal that an adapter is given: a real `AbortSignal` whose listeners cannot end the process (E2).
 *
 * 1. Listeners run while the engine aborts the call. What one throws, or what its promise rejects with, Node would raise as
 *    an uncaught exception; here it is dropped: the call is over.
 * 2. The signal is the controller's own, so that `fetch`, `AbortSignal.any` and everything else takes it.
 * 3. A call whose adapter adds no listener costs no more than the signal itself: what contains them is shared by all signals.
 */
type Handler = (event: Event) => unknown;
type Listener = Handler | { handleEvent(event: Event): unknown };
type AddOptions = Parameters<AbortSignal['addEventListener']>[2];
type RemoveOptions = Parameters<AbortSignal['removeEventListener']>[2];

/** What an adapter has added to a signal. */
interface Added {
  readonly contained: WeakMap<object, Handler>;
  onAbort: Listener | null;
  containedOnAbort: Handler | undefined;
}

const addedTo = new WeakMap<AbortSignal, Added>();
const { prototype } = AbortSignal;

/** The controller's signal, with every listener that is added to it contained. */
export const containedSignal = ({ signal }: AbortController): AbortSignal =>
  Object.setPrototypeOf(signal, containing) as AbortSignal;

const containing: object = Object.create(prototype, {
  addEventListener: {
    value(this: AbortSignal, type: string, listener: Listener | null, options?: AddOptions) {
      if (listener !== null && listener !== undefined)
        prototype.addEventListener.call(this, type, containedOf(this, listener), options);
    },
  },
  removeEventListener: {
    value(this: AbortSignal, type: string, listener: Listener | null, options?: RemoveOptions) {
      if (listener !== null && listener !== undefined)
        prototype.removeEventListener.call(this, type, containedOf(this, listener), options);
    },
  },
  onabort: {
    get(this: AbortSignal) {
      return addedTo.get(this)?.onAbort ?? null;
    },
    set(this: AbortSignal, listener: Listener | null) {
      setOnAbort(this, typeof listener === 'function' ? listener : null);
    },
  },
});

function addedOf(signal: AbortSignal): Added {
  const known = addedTo.get(signal);
  if (known !== undefined) return known;
  const added: Added = { contained: new WeakMap(), onAbort: null, containedOnAbort: undefined };
  addedTo.set(signal, added);
  return added;
}

function containedOf(signal: AbortSignal, listener: Listener): Handler {
  const { contained } = addedOf(signal);
  const known = contained.get(listener);
  if (known !== undefined) return known;
  const made: Handler = (event) => quietly(signal, listener, event);
  contained.set(listener, made);
  return made;
}

function setOnAbort(signal: AbortSignal, listener: Listener | null): void {
  const added = addedOf(signal);
  if (added.containedOnAbort !== undefined) prototype.removeEventListener.call(signal, 'abort', added.containedOnAbort);
  added.onAbort = listener;
  // Not the one of `addEventListener`: both may be set to the same function, and then it is called twice.
  added.containedOnAbort = listener === null ? undefined : (event) => quietly(signal, listener, event);
  if (added.containedOnAbort !== undefined) prototype.addEventListener.call(signal, 'abort', added.containedOnAbort);
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
