/**
 * Keeps secrets out of everything that is said.
 *
 * Every text that leaves an adapter (causes, reasons, thrown errors, warnings) and every line of the log passes through here.
 *
 * 1. A secret is known in the spellings in which it travels (`secret-spellings.ts`), in capitals and small letters alike.
 * 2. Of a long secret every part of eight characters is blotted out, too: texts are cut, by others and by us.
 * 3. Breaks of a line within a secret hide nothing: neither wrapped base64 nor a stack trace.
 * 4. Texts are redacted before they are cut. The cost is one pass over the text, however many spellings there are.
 */
import { byCharacter, LEAST_ENCODED, lowered, spellingsOf, wholeOnly } from './secret-spellings.js';

const BLOT = '[secret]';
/** From this length on a secret is random enough for its parts to be told from words. */
const LEAST_IN_PARTS = 16;
const PART = 8;
/** Left of a secret at the very end of a text that was cut. */
const LEAST_END = 4;

/** A function that blots out each secret, its spellings and its parts, wherever they stand in a text. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets.filter((secret) => secret !== ''))];
  const isLong = ({ length }: string): boolean => length >= LEAST_IN_PARTS;
  const [long, short] = [known.filter(isLong), known.filter((secret) => !isLong(secret))];
  const inParts = unique(long.flatMap((secret) => [...spellingsOf(secret), ...byCharacter(secret)]));
  const whole = unique([
    ...short.flatMap((secret) =>
      secret.length < LEAST_ENCODED ? [secret] : [...spellingsOf(secret), ...byCharacter(secret)],
    ),
    ...known.filter(({ length }) => length >= LEAST_ENCODED).flatMap(wholeOnly),
    // Too short to have a part.
    ...inParts.filter(({ length }) => length < PART),
  ]).sort((a, b) => b.length - a.length);
  const parts = partsOf(inParts);
  function spansIn(text: string, space: RegExp): readonly Span[] {
    const joined = withoutBreaks(text, space);
    const searched = lowered(joined.text);
    return inText(joined, merged([...wholesIn(searched, whole), ...partsIn(searched, parts)]));
  }
  return (text) => {
    const soft = SOFT_BREAK.test(text) ? spansIn(text, SOFT_SPACE) : [];
    return withoutEnd(blotted(text, merged([...spansIn(text, SPACE), ...soft])), inParts);
  };
}

const unique = (spellings: readonly string[]): string[] => [...new Set(spellings.map(lowered))];

/** From one place of a text up to another. */
type Span = readonly [from: number, to: number];

interface Joined {
  readonly text: string;
  /** Where something was left out, by the place in the joined text, and how much in all up to there. */
  readonly gaps: readonly (readonly [at: number, left: number])[];
}

/** White space, and line breaks that are written as escapes. */
const SPACE = /(?:\s|\\[rnt])+/g;
/** Breaks of quoted-printable: the sign before them may as well belong to the text. */
const SOFT_SPACE = /=?(?:\s|\\[rnt])+/g;
const SOFT_BREAK = /=(?:\s|\\[rn])/;
const BREAK = /[\r\n\t]|\\[rnt]/;

/** The text without its line breaks and the white space around them. */
function withoutBreaks(text: string, spaces: RegExp): Joined {
  if (!BREAK.test(text)) return { text, gaps: [] };
  const kept: string[] = [];
  const gaps: [number, number][] = [];
  let [copied, left] = [0, 0];
  for (const { 0: space, index } of text.matchAll(spaces)) {
    if (!BREAK.test(space)) continue;
    kept.push(text.slice(copied, index));
    copied = index + space.length;
    left += space.length;
    gaps.push([copied - left, left]);
  }
  kept.push(text.slice(copied));
  return { text: kept.join(''), gaps };
}

/** Places of the joined text in the text itself, breaks within them included. */
function inText({ gaps }: Joined, spans: readonly Span[]): readonly Span[] {
  let next = 0;
  const placeOf = (at: number): number => {
    while ((gaps[next]?.[0] ?? Number.POSITIVE_INFINITY) <= at) next += 1;
    return at + (gaps[next - 1]?.[1] ?? 0);
  };
  return spans.map(([from, to]) => [placeOf(from), placeOf(to - 1) + 1]);
}

/** The text with these places blotted out. */
function blotted(text: string, spans: readonly Span[]): string {
  const kept: string[] = [];
  let copied = 0;
  for (const [from, to] of spans) {
    kept.push(text.slice(copied, from), BLOT);
    copied = to;
  }
  return kept.join('') + text.slice(copied);
}

/** In order, and none within another. */
function merged(spans: readonly Span[]): readonly Span[] {
  const all = [...spans].sort(([one], [other]) => one - other);
  const apart: [number, number][] = [];
  for (const [from, to] of all) {
    const last = apart.at(-1);
    if (last !== undefined && from < last[1]) last[1] = Math.max(last[1], to);
    else apart.push([from, to]);
  }
  return apart;
}

const wholesIn = (text: string, spellings: readonly string[]): readonly Span[] =>
  spellings.flatMap((spelling) => {
    const found: Span[] = [];
    for (let at = text.indexOf(spelling); at >= 0; at = text.indexOf(spelling, at + spelling.length))
      found.push([at, at + spelling.length]);
    return found;
  });

interface Parts {
  readonly known: ReadonlySet<string>;
  /** First and last characters of parts: most places of a text are passed over by these alone. */
  readonly ends: Uint8Array;
}

const ENDS = 1 << 16;
const endsOf = (first: number, last: number): number => ((first & 0xff) << 8) | (last & 0xff);

function partsOf(spellings: readonly string[]): Parts {
  const known = new Set<string>();
  const ends = new Uint8Array(ENDS);
  for (const spelling of spellings) {
    for (let at = 0; at + PART <= spelling.length; at += 1) {
      known.add(spelling.slice(at, at + PART));
      ends[endsOf(spelling.charCodeAt(at), spelling.charCodeAt(at + PART - 1))] = 1;
    }
  }
  return { known, ends };
}

function partsIn(text: string, { known, ends }: Parts): readonly Span[] {
  const found: Span[] = [];
  if (known.size === 0) return found;
  for (let at = 0; at + PART <= text.length; at += 1) {
    if (ends[endsOf(text.charCodeAt(at), text.charCodeAt(at + PART - 1))] === 0) continue;
    let end = at + PART;
    if (!known.has(text.slice(at, end))) continue;
    while (end < text.length && known.has(text.slice(end - PART + 1, end + 1))) end += 1;
    found.push([at, end]);
    at = end - 1;
  }
  return found;
}

/** A text that was cut within a secret ends with the beginning of it. */
function withoutEnd(text: string, spellings: readonly string[]): string {
  const cut = /(?:…|\.\.\.)$/.exec(text)?.[0] ?? '';
  const said = text.slice(0, text.length - cut.length);
  for (let length = PART - 1; length >= LEAST_END; length -= 1) {
    const end = lowered(said.slice(-length));
    if (end.length === length && spellings.some((spelling) => spelling.startsWith(end)))
      return `${said.slice(0, -length)}${BLOT}${cut}`;
  }
  return text;
}
