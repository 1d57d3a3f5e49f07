/**
 * The event stream: held open for as long as the page lives.
 *
 * 1. It goes on behind the last event that was seen; what was missed comes first.
 * 2. Silence of two heartbeats and a half is told as stale, and ends the connection: a new one is made.
 * 3. Tries are spaced out, from half a second up to ten, and at once when the machine is online again.
 */
import type { Hello } from '../../service/api/events.js';
import { address, headers } from './api.js';
import { eventReader, type StreamEvent } from './sse.js';

interface StreamEvents {
  onHello(hello: Hello): void;
  onEvent(event: StreamEvent): void;
  /** What was missed cannot be told: read the lists again. */
  onReset(): void;
  onConnection(state: 'live' | 'stale' | 'lost'): void;
  /** The token counts no more. */
  onUnauthorised(): void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 10_000;
const HEARTBEATS = 2.5;
const DEFAULT_HEARTBEAT_S = 10;

export class EventStream {
  readonly #events: StreamEvents;
  #lastId: string | undefined;
  #abort: AbortController | undefined;
  #watchdog: ReturnType<typeof setTimeout> | undefined;
  #silenceMs = DEFAULT_HEARTBEAT_S * HEARTBEATS * 1_000;
  #isEnded = false;
  #wake: (() => void) | undefined;

  constructor(events: StreamEvents) {
    this.#events = events;
    addEventListener('online', this.#hurry);
    void this.#run();
  }

  end(): void {
    this.#isEnded = true;
    removeEventListener('online', this.#hurry);
    clearTimeout(this.#watchdog);
    this.#abort?.abort();
    this.#hurry();
  }

  readonly #hurry = (): void => this.#wake?.();

  async #run(): Promise<void> {
    let waitMs = FIRST_WAIT_MS;
    while (!this.#isEnded) {
      const began = performance.now();
      await this.#connect().catch(() => undefined);
      clearTimeout(this.#watchdog);
      if (this.#isEnded) return;
      this.#events.onConnection('lost');
      // A connection that held is no reason to wait long.
      if (performance.now() - began > LONGEST_WAIT_MS) waitMs = FIRST_WAIT_MS;
      await this.#pause(waitMs);
      waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #connect(): Promise<void> {
    const abort = new AbortController();
    this.#abort = abort;
    this.#listen();
    const response = await fetch(address('v1/events'), {
      headers: { ...headers(), ...(this.#lastId !== undefined && { 'Last-Event-ID': this.#lastId }) },
      signal: abort.signal,
      cache: 'no-store',
    });
    if (response.status === 401) this.#events.onUnauthorised();
    if (!response.ok || response.body === null) return;
    const read = eventReader();
    const decoder = new TextDecoder();
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      this.#listen();
      for (const event of read(decoder.decode(value, { stream: true }))) this.#take(event);
    }
  }

  #listen(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => {
      this.#events.onConnection('stale');
      this.#abort?.abort();
    }, this.#silenceMs);
  }

  #take(event: StreamEvent): void {
    if (event.event === 'hello') {
      const hello = JSON.parse(event.data) as Hello;
      this.#silenceMs = hello.heartbeatSeconds * HEARTBEATS * 1_000;
      this.#events.onConnection('live');
      this.#events.onHello(hello);
    } else if (event.event === 'reset') this.#events.onReset();
    else this.#events.onEvent(event);
    // After what it tells of has been taken: what fails to be read is asked for again.
    if (event.id !== undefined) this.#lastId = event.id;
  }
}
