/**
 * Streams that the engine hands out: a listener that throws is logged, and ends nothing (E2).
 *
 * 1. Containment goes with the stream and whatever is piped from it, and changes no setting of RxJS: errors of the host
 *    program's own streams reach the program as ever (E6).
 */
import { Observable, type Observer, type Operator, Subscriber, type Subscription } from 'rxjs';

/** Told what a listener threw. */
export type OnListenerError = (error: unknown) => void;

/** The stream as listeners get it: to subscribe to, and to pipe from. */
export function containedStream<T>(source: Observable<T>, onError: OnListenerError): Observable<T> {
  const stream = new ContainedStream<T>(onError);
  stream.source = source;
  return stream;
}

class ContainedStream<T> extends Observable<T> {
  readonly #onError: OnListenerError;

  constructor(onError: OnListenerError) {
    super();
    this.#onError = onError;
  }

  /** What an operator throws comes down as an error of the stream that it makes: that one is contained too. */
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new ContainedStream<R>(this.#onError);
    lifted.source = this;
    lifted.operator = operator;
    return lifted;
  }

  override subscribe(
    observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null,
    error?: ((error: unknown) => void) | null,
    complete?: (() => void) | null,
  ): Subscription {
    // An operator, or RxJS itself, listens: its errors come down to whoever subscribed to it.
    if (observerOrNext instanceof Subscriber) return super.subscribe(observerOrNext);
    const given: Partial<Observer<T>> =
      typeof observerOrNext === 'object' && observerOrNext !== null
        ? observerOrNext
        : { ...(observerOrNext && { next: observerOrNext }), ...(error && { error }), ...(complete && { complete }) };
    return super.subscribe({
      next: (value) => this.#call(() => given.next?.(value)),
      error: (reason: unknown) =>
        this.#call(() => (given.error === undefined ? this.#onError(reason) : given.error(reason))),
      complete: () => this.#call(() => given.complete?.()),
    });
  }

  #call(listener: () => unknown): void {
    try {
      listener();
    } catch (error) {
      this.#onError(error);
    }
  }
}
