/**
 * How a secret looks on its way: as it is, percent-encoded, in base64 at any place of a longer text, in hexadecimal, escaped in
 * JSON, HTML or mail; and one encoding within another, as signed requests and their logs have it.
 *
 * Capitals and small letters are not told apart: somebody may have changed them.
 */

/** The spellings of shorter ones would be found in words that mean nothing. */
export const LEAST_ENCODED = 6;

/** Small letters for capitals of ASCII. The length stays the same, whatever the text. */
export const lowered = (text: string): string => text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase());

/** Parts of these are as telling as the secret itself. */
export function spellingsOf(secret: string): readonly string[] {
  const bare = secret.replace(/[\s]+/g, '');
  const once = [...(bare === secret || bare.length < LEAST_ENCODED ? [secret] : [secret, bare])].flatMap(encoded);
  return [...once, ...twice(secret)].filter(({ length }) => length >= LEAST_ENCODED);
}

function encoded(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8');
  const percent = encodeURIComponent(secret);
  const hex = bytes.toString('hex');
  const base64 = base64Of(bytes);
  const json = JSON.stringify(secret).slice(1, -1);
  return [
    ...[secret, percent, percent.replaceAll('%20', '+'), percentAll(hex), hex, json],
    // Also what `encodeURIComponent` leaves, and strict encoders do not.
    percent.replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`),
    percent.replaceAll('%', '='),
    ...base64,
    ...base64.map(forAddresses),
    ...base64.map((text) => encodeURIComponent(text)),
    secret.replaceAll('/', '\\/'),
    json.replaceAll('/', '\\/'),
    JSON.stringify(json).slice(1, -1),
    ...entities(secret),
  ];
}

/** An encoded text that was encoded once more. */
function twice(secret: string): readonly string[] {
  const percent = encodeURIComponent(secret);
  const base64 = Buffer.from(secret, 'utf8').toString('base64');
  const inner = [percent, lowered(percent), base64, base64.replace(/=+$/, ''), JSON.stringify(secret).slice(1, -1)];
  return [
    encodeURIComponent(percent),
    encodeURIComponent(JSON.stringify(secret).slice(1, -1)),
    ...inner.flatMap((text) => base64Of(Buffer.from(text, 'utf8'))).flatMap((text) => [text, forAddresses(text)]),
    ...inner.map((text) => Buffer.from(text, 'utf8').toString('hex')),
  ];
}

const forAddresses = (base64: string): string => base64.replaceAll('+', '-').replaceAll('/', '_');

function entities(secret: string): readonly string[] {
  const html = secret
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
  return [html, ...['&#39;', '&#x27;', '&apos;'].map((quote) => html.replaceAll("'", quote))];
}

/** Character by character, as dumps and escapes write it. */
export function byCharacter(secret: string): readonly string[] {
  const pairs = Buffer.from(secret, 'utf8').toString('hex').match(/../g) ?? [];
  const codes = [...secret].map((character) => character.codePointAt(0) ?? 0);
  const inHex = codes.map((code) => code.toString(16));
  return [
    ...[':', ' ', '-', ', 0x', ',0x', ' 0x', '\\x'].map((between) => pairs.join(between)),
    codes.map((code) => `&#${code};`).join(''),
    inHex.map((code) => `&#x${code};`).join(''),
    inHex.map((code) => `\\u${code.padStart(4, '0')}`).join(''),
    inHex.map((code) => `\\u{${code}}`).join(''),
  ];
}

/** Lists of numbers, as a buffer is printed: parts of them are found in too much. */
export function wholeOnly(secret: string): readonly string[] {
  const bytes = [...Buffer.from(secret, 'utf8')];
  return [',', ', ', ' '].map((between) => bytes.join(between));
}

const percentAll = (hex: string): string => hex.replace(/../g, '%$&');

const base64Of = (bytes: Buffer): readonly string[] => [0, 1, 2].map((offset) => base64At(bytes, offset));

/** What stands in base64 for these bytes, after so many bytes (modulo 3) of something else and before more of it. */
function base64At(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const first = Math.ceil((offset * 8) / 6);
  return text.slice(first, Math.floor(((offset + bytes.length) * 8) / 6));
}
