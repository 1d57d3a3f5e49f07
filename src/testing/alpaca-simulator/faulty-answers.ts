/**
 * Answers that go wrong on their way: the fault table, as bytes on a socket.
 */
import type { ServerResponse } from 'node:http';
import type { Answer } from './routes.js';
import type { AlpacaAnswer, AlpacaFault, AlpacaRoute } from './simulator-options.js';

/** The faults that are still to come, first come, first served. */
export function faultQueue() {
  const waiting: { readonly fault: AlpacaFault; left: number }[] = [];
  return {
    add: (fault: AlpacaFault) => waiting.push({ fault, left: fault.times ?? 1 }),
    take(route: AlpacaRoute): AlpacaFault | undefined {
      const entry = waiting.find(({ fault, left }) => fault.on === route && left > 0);
      if (entry !== undefined) entry.left -= 1;
      return entry?.fault;
    },
    clear: () => waiting.splice(0),
  };
}

const HTML = '<!doctype html><html><body><h1>We will be right back</h1></body></html>';

/** Writes a sound answer. */
export function write(response: ServerResponse, { status, body }: Answer, headers: Record<string, string> = {}): void {
  if (body === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  response
    .writeHead(status, { 'content-type': 'application/json; charset=UTF-8', ...headers })
    .end(JSON.stringify(body));
}

/** Writes an answer that goes wrong; returns false when it never ends. `sound` is what would have been written. */
export function writeFaulty(response: ServerResponse, answer: AlpacaAnswer, sound: Answer): boolean {
  const body = JSON.stringify(sound.body ?? {});
  switch (answer) {
    case 'silence':
      return false;
    case 'cut':
      response.socket?.destroy();
      return true;
    case 'cut_body':
    case 'stalled_body':
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(body.length) });
      response.write(body.slice(0, Math.ceil(body.length / 2)), () => {
        if (answer === 'cut_body') response.socket?.destroy();
      });
      return answer === 'cut_body';
    case 'html':
      response.writeHead(200, { 'content-type': 'text/html' }).end(HTML);
      return true;
    case 'empty_object':
      write(response, { status: 200, body: {} });
      return true;
    default:
      writeStatus(response, answer);
      return true;
  }
}

function writeStatus(response: ServerResponse, answer: Exclude<AlpacaAnswer, string>): void {
  const { status, code, message, headers = {} } = answer;
  if (code === undefined && message === undefined)
    response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(HTML);
  else
    write(
      response,
      { status, body: { ...(code !== undefined && { code }), message: message ?? 'refused' } },
      { ...headers },
    );
}
