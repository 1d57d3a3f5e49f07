/**
 * Keeps secrets out of everything that is said.
 *
 * Every text that leaves an adapter (causes, reasons, thrown errors, warnings) and every line of the log passes through here.
 *
 * 1. A secret is known in the spellings in which it travels: as it is, percent-encoded, in base64 at any place of a longer text,
 *    in hexadecimal, escaped in JSON or HTML.
 * 2. Of a long secret every part of eight characters is blotted out, too: texts are cut, by others and by us. So are the
 *    spellings that write it character by character: a hex dump, entities, `\u` escapes.
 * 3. Texts are redacted before they are cut.
 */

const BLOT = '[secret]';
/** Shorter ones would be found in words that mean nothing. */
const LEAST_ENCODED = 6;
/** From this length on a secret is random enough for its parts to be told from words. */
const LEAST_IN_PARTS = 16;
const PART = 8;
/** Left of a secret at the very end of a text that was cut. */
const LEAST_END = 4;

/** A function that blots out each secret, its spellings and its parts, wherever they stand in a text. */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const known = [...new Set(secrets.filter((secret) => secret !== ''))];
  const whole = [...new Set(known.flatMap(spellingsOf))].sort((a, b) => b.length - a.length);
  const isLong = ({ length }: string): boolean => length >= LEAST_IN_PARTS;
  const long = [...new Set(known.filter(isLong).flatMap((secret) => [...spellingsOf(secret), ...byCharacter(secret)]))];
  const parts = partsOf(long);
  return (text) => {
    const rest = whole.reduce((left, spelling) => left.split(spelling).join(BLOT), text);
    return withoutEnd(withoutParts(rest, parts), long);
  };
}

function spellingsOf(secret: string): readonly string[] {
  if (secret.length < LEAST_ENCODED) return [secret];
  const bytes = Buffer.from(secret, 'utf8');
  const percent = encodeURIComponent(secret);
  const hex = bytes.toString('hex');
  const base64 = [0, 1, 2].map((offset) => base64At(bytes, offset)).filter(({ length }) => length >= LEAST_ENCODED);
  return [
    secret,
    percent,
    percent.replace(/%[\dA-F]{2}/g, (one) => one.toLowerCase()),
    percent.replaceAll('%20', '+'),
    percentAll(hex),
    percentAll(hex.toUpperCase()),
    hex,
    hex.toUpperCase(),
    ...base64,
    ...base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_')),
    ...base64.map((text) => encodeURIComponent(text)),
    JSON.stringify(secret).slice(1, -1),
    secret.replaceAll('/', '\\/'),
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
  ];
}

/** Character by character, as dumps and escapes write it. */
function byCharacter(secret: string): readonly string[] {
  const pairs = Buffer.from(secret, 'utf8').toString('hex').match(/../g) ?? [];
  const dumped = [pairs, pairs.map((pair) => pair.toUpperCase())].flatMap((bytes) =>
    [':', ' ', '-', ', 0x', ',0x', ' 0x', '\\x'].map((between) => bytes.join(between)),
  );
  const codes = [...secret].map((character) => character.codePointAt(0) ?? 0);
  const inHex = codes.map((code) => code.toString(16));
  return [
    ...dumped,
    codes.map((code) => `&#${code};`).join(''),
    inHex.map((code) => `&#x${code};`).join(''),
    inHex.map((code) => `&#x${code.toUpperCase()};`).join(''),
    inHex.map((code) => `\\u${code.padStart(4, '0')}`).join(''),
    inHex.map((code) => `\\u${code.toUpperCase().padStart(4, '0')}`).join(''),
  ];
}

const percentAll = (hex: string): string => hex.replace(/../g, '%$&');

/** What stands in base64 for these bytes, after so many bytes (modulo 3) of something else and before more of it. */
function base64At(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const first = Math.ceil((offset * 8) / 6);
  return text.slice(first, Math.floor(((offset + bytes.length) * 8) / 6));
}

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

function withoutParts(text: string, { known, ends }: Parts): string {
  if (known.size === 0) return text;
  const kept: string[] = [];
  let copied = 0;
  for (let at = 0; at + PART <= text.length; at += 1) {
    if (ends[endsOf(text.charCodeAt(at), text.charCodeAt(at + PART - 1))] === 0) continue;
    let end = at + PART;
    if (!known.has(text.slice(at, end))) continue;
    while (end < text.length && known.has(text.slice(end - PART + 1, end + 1))) end += 1;
    kept.push(text.slice(copied, at), BLOT);
    copied = end;
    at = end - 1;
  }
  return kept.join('') + text.slice(copied);
}

/** A text that was cut within a secret ends with the beginning of it. */
function withoutEnd(text: string, spellings: readonly string[]): string {
  const cut = /(?:…|\.\.\.)$/.exec(text)?.[0] ?? '';
  const said = text.slice(0, text.length - cut.length);
  for (let length = PART - 1; length >= LEAST_END; length -= 1) {
    const end = said.slice(-length);
    if (end.length === length && spellings.some((spelling) => spelling.startsWith(end)))
      return `${said.slice(0, -length)}${BLOT}${cut}`;
  }
  return text;
}
