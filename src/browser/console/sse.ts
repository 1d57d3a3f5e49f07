/**
 * Server-sent events out of a stream of text. Pure: pieces go in as they come, whole events come out.
 */
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
  /** Absent where the event has none: the last one stays. */
  readonly id?: string;
}

/** More than this without an end is no event of ours. */
const LONGEST = 8 * 1024 * 1024;

export function eventReader(): (piece: string) => readonly StreamEvent[] {
  let rest = '';
  return (piece) => {
    rest = (rest + piece).replaceAll('\r\n', '\n');
    if (rest.length > LONGEST) throw new Error('The stream holds an event without an end.');
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    return blocks.map(readBlock).filter((read) => read !== undefined);
  };
}

function readBlock(block: string): StreamEvent | undefined {
  let event = 'message';
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const at = line.indexOf(':');
    if (at === 0) continue;
    const field = at < 0 ? line : line.slice(0, at);
    const value = at < 0 ? '' : line.slice(at + 1).replace(/^ /, '');
    if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
    else if (field === 'id') id = value;
  }
  return data.length === 0 ? undefined : { event, data: data.join('\n'), ...(id !== undefined && { id }) };
}
