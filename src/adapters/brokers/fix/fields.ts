/**
 * Fields that a counterparty asks for beyond what the adapter sends: of every message of a type, and of a symbol.
 *
 * 1. A field is named as in the dictionary, or by its number, which the dictionary need not know. A name that it does not
 *    know is refused, with the nearest that it knows; so is a value that is not of the field's type.
 * 2. What makes an order (its id, side, size, type and prices) and the session (numbers, times, CompIDs) is not overwritten.
 * 3. A field that the message has already is replaced; an empty value leaves it out.
 */
import { parseDecimal } from '../../../domain/decimal.js';
import { nearestName } from '../../../domain/nearest-name.js';
import { FillchartError } from '../../../domain/reasons.js';
import type { FixDictionary } from './library.js';
import type { FixFieldSets, FixFields } from './option-types.js';
import type { FixSettings } from './settings.js';

/** What a message is about. */
export interface About {
  readonly symbol?: string;
  readonly role?: 'entry' | 'exit';
}

export type FieldValue = readonly [tag: number, value: string];

interface FieldPlan {
  /** Fields of the standard header. */
  readonly header: readonly FieldValue[];
  /** Fields of the body of a message, the last of a tag counts. */
  bodyOf(type: string, about: About): readonly FieldValue[];
}

/** The messages that the adapter sends, by MsgType. */
const SENT: Readonly<Record<string, string>> = {
  A: 'Logon',
  D: 'NewOrderSingle',
  F: 'OrderCancelRequest',
  H: 'OrderStatusRequest',
  AF: 'OrderMassStatusRequest',
  AN: 'RequestForPositions',
  E: 'NewOrderList',
  G: 'OrderCancelReplaceRequest',
  Q: 'DontKnowTrade',
  V: 'MarketDataRequest',
};
/** NewOrderList, and its ContingencyType, which these versions' dictionaries do not know. */
const LIST = 'E';
const ONE_CANCELS_THE_OTHER: FieldValue = [1385, '1'];
const ROLES = ['header', 'entry', 'exit'];
const PLACES = [...ROLES, ...Object.keys(SENT), ...Object.values(SENT)];
/** Names that counterparties use with every version. */
const COMMON: Readonly<Record<string, number>> = { Username: 553, Password: 554, NewPassword: 925 };
/** BeginString to TransactTime of what the adapter alone decides. */
const OWN_TAGS = new Set([8, 9, 10, 11, 34, 35, 37, 38, 40, 41, 43, 44, 49, 52, 54, 56, 60, 99, 122]);

const SHAPES: readonly (readonly [RegExp, (value: string) => boolean, string])[] = [
  [/^(?:INT|LENGTH|SEQNUM|NUMINGROUP|DAYOFMONTH)$/, (value) => /^-?\d{1,15}$/.test(value), 'a whole number'],
  [
    /^(?:PRICE|QTY|AMT|FLOAT|PRICEOFFSET|PERCENTAGE)$/,
    (value) => parseDecimal(value) !== undefined && !/e/i.test(value),
    'a decimal',
  ],
  [/^BOOLEAN$/, (value) => /^[YN]$/.test(value), 'Y or N'],
  [/^CHAR$/, (value) => value.length === 1, 'one character'],
  [/^CURRENCY$/, (value) => /^[A-Z]{3}$/.test(value), 'a currency such as USD'],
  [/^(?:LOCALMKTDATE|UTCDATE|UTCDATEONLY)$/, (value) => /^\d{8}$/.test(value), 'a date YYYYMMDD'],
  [/^MONTHYEAR$/, (value) => /^\d{6}(?:\d\d|w\d)?$/.test(value), 'a month YYYYMM'],
  [/^UTCTIMESTAMP$/, (value) => /^\d{8}-\d\d:\d\d:\d\d(?:\.\d+)?$/.test(value), 'a time YYYYMMDD-HH:MM:SS'],
];

/** @throws {FillchartError} `INVALID_OPTION`, naming the field, and what is accepted */
export function fieldPlan(settings: FixSettings, dictionary: FixDictionary): FieldPlan {
  const { logon, fields, onBehalfOfCompId, deliverToCompId, instruments } = settings;
  assertMessages(settings, dictionary);
  const general = readSets('fields', fields, dictionary);
  const bySymbol = new Map<string, ReadonlyMap<string, readonly FieldValue[]>>();
  for (const { symbol, ...instrument } of instruments.values()) {
    const named = readSets(`instruments ${symbol}.fields`, instrument.fields ?? {}, dictionary);
    const { securityId, securityIdSource, sendsSymbol } = instrument;
    const identity: FieldValue[] = [
      ...(securityId === undefined ? [] : [[48, securityId] as const, [22, securityIdSource ?? ''] as const]),
      ...(sendsSymbol === false ? [[55, ''] as const] : []),
    ];
    const withIdentity = ['D', 'F', 'G', 'H', 'Q', 'V'].map(
      (type) => [type, [...identity, ...(named.get(type) ?? [])]] as const,
    );
    bySymbol.set(symbol, new Map([...named, ...withIdentity]));
  }
  const credentials = readFields('logon', logon, dictionary);
  const header: FieldValue[] = [
    ...(onBehalfOfCompId === undefined ? [] : [[115, onBehalfOfCompId] as const]),
    ...(deliverToCompId === undefined ? [] : [[128, deliverToCompId] as const]),
    ...(general.get('header') ?? []),
  ];
  return {
    header,
    bodyOf(type, { symbol = '', role = '' }) {
      const own = bySymbol.get(symbol);
      // The orders of a list have the fields of orders; the list itself has those of its type.
      const [ofRole, ofOwnRole] = type === LIST ? [] : [general.get(role), own?.get(role)];
      const sets = [general.get(type), ofRole, own?.get(type), ofOwnRole];
      const ours = type === 'A' ? credentials : type === LIST ? [ONE_CANCELS_THE_OTHER] : [];
      return [...ours, ...sets.flatMap((set) => set ?? [])];
    },
  };
}

/** What an option needs, and a dictionary of one's own may not have. */
function assertMessages({ exits, marketData }: FixSettings, { message }: FixDictionary): void {
  const needed = [
    ...(exits.oco === 'list' ? [['exits.oco', 'list', LIST] as const] : []),
    ...(marketData ? [['marketData', 'true', 'V'] as const, ['marketData', 'true', 'W'] as const] : []),
  ];
  for (const [option, value, type] of needed) {
    if (message.has(type)) continue;
    const says = `${value}, and the dictionary has no message ${type}`;
    throw new FillchartError('INVALID_OPTION', `fixBroker: ${option} is ${says}.`);
  }
}

function readSets(
  where: string,
  sets: FixFieldSets,
  dictionary: FixDictionary,
): ReadonlyMap<string, readonly FieldValue[]> {
  const read = new Map<string, readonly FieldValue[]>();
  for (const [place, fields] of Object.entries(sets)) {
    if (!PLACES.includes(place)) throw unknown(where, place, PLACES);
    const type = Object.entries(SENT).find(([, name]) => name === place)?.[0] ?? place;
    read.set(type, [...(read.get(type) ?? []), ...readFields(`${where}.${place}`, fields, dictionary)]);
  }
  return read;
}

/** The fields of a place, by their tags. */
export function readFields(where: string, fields: FixFields, dictionary: FixDictionary): readonly FieldValue[] {
  return Object.entries(fields).map(([name, value]) => {
    const tag = tagOf(where, name, dictionary);
    if (OWN_TAGS.has(tag)) throw invalid(where, name, 'set by the adapter and cannot be given');
    const problem = problemOf(tag, value, dictionary);
    if (problem !== undefined) throw invalid(where, name, `${JSON.stringify(value)}; accepted is ${problem}`);
    return [tag, value] as const;
  });
}

function tagOf(where: string, name: string, dictionary: FixDictionary): number {
  const common = Object.hasOwn(COMMON, name) ? COMMON[name] : undefined;
  const tag = /^[1-9]\d{0,5}$/.test(name) ? Number(name) : (common ?? Number(dictionary.simple.get(name)?.tag));
  if (Number.isInteger(tag)) return tag;
  throw unknown(where, name, [...dictionary.simple.keys(), ...Object.keys(COMMON)]);
}

/** What is accepted, when the value is not. An empty value leaves the field out. */
function problemOf(tag: number, value: unknown, dictionary: FixDictionary): string | undefined {
  if (typeof value !== 'string' || !/^[\x20-\x7e]*$/.test(value)) return 'printable ASCII';
  const definition = dictionary.tagToSimple[tag];
  if (definition === undefined || value === '') return undefined;
  const shape = SHAPES.find(([types]) => types.test(definition.type));
  if (shape !== undefined && !shape[1](value)) return shape[2];
  const words = definition.enums === undefined || definition.enums === null ? [] : [...definition.enums.keys()];
  return words.length > 0 && !words.includes(value) ? words.join(', ') : undefined;
}

const invalid = (where: string, name: string, says: string): FillchartError =>
  new FillchartError('INVALID_OPTION', `fixBroker: ${where}.${name} is ${says}.`);

function unknown(where: string, name: string, known: readonly string[]): FillchartError {
  const nearest = nearestName(name, known);
  const hint =
    nearest === undefined ? 'a name of the dictionary, or a number' : `did you mean ${JSON.stringify(nearest)}?`;
  return new FillchartError(
    'INVALID_OPTION',
    `fixBroker: ${where} has ${JSON.stringify(name)}, which is not known; ${hint}`,
  );
}
