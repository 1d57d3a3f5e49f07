/**
 * The body of an order's request: it leaves in time or not at all.
 *
 * 1. Between the call of `fetch` and the first byte lie the name's address, the connection and TLS. A process that stands still
 *    there would send its order when it goes on: after the switch, the expiry and the lease that were looked at before it.
 * 2. `fetch` asks for the body in the turn in which the connection takes it, and writes nothing of the request before: there
 *    the time is looked at once more.
 * 3. The length is known beforehand, so the request looks as one with a text does.
 */
import { invalidOption } from '../../domain/option-values.js';

/**
 * Thrown by the body in place of its text; `fetch` rejects with it as the cause.
 *
 * @public @since 0.1.0
 */
export class TooLateError extends Error {
  override readonly name = 'TooLateError';
  constructor() {
    super('it had not left in time, and was held back');
  }
}

class TimedBody extends Blob {
  readonly #text: string;
  readonly #isInTime: () => boolean;

  constructor(text: string, isInTime: () => boolean) {
    super([text]);
    this.#text = text;
    this.#isInTime = isInTime;
  }

  override stream(): ReturnType<Blob['stream']> {
    const bytes = new TextEncoder().encode(this.#text);
    const pull = (controller: ReadableByteStreamController): void => {
      if (!this.#isInTime()) {
        controller.error(new TooLateError());
        return;
      }
      controller.enqueue(bytes);
      controller.close();
    };
    // Of a stream of bytes nothing is taken before it is asked for, nor of its copies. `fetch` copies what may be redirected.
    return new ReadableStream({ type: 'bytes', pull }) as ReturnType<Blob['stream']>;
  }
}

/**
 * A body for `fetch` that is sent only if `isInTime` says so in the turn in which it would leave; `fetch` rejects otherwise,
 * and nothing that a server could act on has left. For adapters that send orders over HTTP. Give it to `fetch` itself: a
 * `Request` takes its body when it is made.
 *
 * @param isInTime whether the order may still leave, by a monotonic clock
 * @throws {FillchartError} `INVALID_OPTION` for anything else
 * @public @since 0.1.0
 */
export function timedBody(text: string, isInTime: () => boolean): Blob {
  if (typeof text !== 'string') throw invalidOption('the text of timedBody', text, 'a text');
  if (typeof isInTime !== 'function') throw invalidOption('isInTime of timedBody', isInTime, 'a function');
  return new TimedBody(text, isInTime);
}
