/**
 * The frozen snapshot of an approved advisory (R1).
 *
 * 1. Reading is total: every field is read or named as a problem; nothing is repaired, nothing is dropped.
 * 2. What is read is a deep copy, canonical and deep-frozen; the caller's object may be changed afterwards (R1.1).
 * 3. What *cannot be read* is a problem of this file (`SnapshotError`). What reads but is out of range is judged
 *    by `validation.ts`, when the advisory is executed (R1.3).
 * 4. Only an object's own members are read: what a prototype offers was approved by nobody.
 */
import { canonicalSha256, deepFreeze, type Json, type JsonObject, sha256 } from './canonical.js';
import { type Decimal, MAX_DECIMAL_DIGITS, parseDecimal } from './decimal.js';
import { nearestName } from './nearest-name.js';
import type { Side } from './ports.js';
import { attempt } from './reading.js';
import { type ReasonCode, requireFields, requireTexts } from './reasons.js';
import { parseTime } from './time.js';

type DecimalInput = string | number | bigint;

/** An advisory as a caller writes it. Unknown fields are refused. @public @since 0.1.0 */
export interface SnapshotInput {
  readonly advisoryId: string;
  readonly symbol: string;
  /** `buy` when absent. */
  readonly side?: Side | undefined;
  readonly referencePrice: DecimalInput;
  /** Fraction of the fill price: −0.02 is 2 % below it. Negative for a buy, positive for a sell. */
  readonly slOffsetPct: DecimalInput;
  /** Fraction of the fill price: 0.03 is 3 % above it. Positive for a buy, negative for a sell. */
  readonly tpOffsetPct: DecimalInput;
  readonly positionSize: DecimalInput;
  /** ISO 8601 with a zone, or a Date. */
  readonly expirationTimestamp: string | Date;
  readonly createdAt?: string | Date | undefined;
  readonly htfBias?: string | undefined;
  readonly reasoningMode?: string | undefined;
  readonly reasoningContext?: object | undefined;
}

/**
 * The frozen advisory: canonical decimals, canonical UTC times, deep-frozen. Made by {@link freezeSnapshot}.
 * @public @since 0.1.0
 */
export interface FrozenSnapshot {
  readonly advisoryId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly referencePrice: Decimal;
  readonly slOffsetPct: Decimal;
  readonly tpOffsetPct: Decimal;
  readonly positionSize: Decimal;
  readonly expirationTimestamp: string;
  readonly createdAt?: string;
  readonly htfBias?: string;
  readonly reasoningMode?: string;
  readonly reasoningContext?: JsonObject;
}

export type SnapshotField = keyof FrozenSnapshot;

/** Why a field, or the whole input, cannot be read. */
export interface SnapshotProblem {
  readonly code: ReasonCode;
  readonly field: string;
  readonly message: string;
}

/**
 * Thrown by {@link freezeSnapshot} for input that cannot be read: `code` is in the registry, `field` names the
 * culprit.
 * @public @since 0.1.0
 */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
  readonly code: ReasonCode;
  readonly field: string;

  /** @throws {TypeError} for a problem without code, field and message */
  constructor(problem: SnapshotProblem) {
    requireFields('SnapshotError', 'problem', problem, 'an object with code, field and message');
    const { code, field, message } = problem;
    requireTexts('SnapshotError', { code, field, message });
    super(message);
    this.code = code;
    this.field = field;
  }
}

type FieldKind = 'side' | 'text' | 'decimal' | 'time' | 'object';

interface FieldRule {
  readonly kind: FieldKind;
  readonly code: ReasonCode;
  readonly required: boolean;
}

/** Every field there is, in the order in which validation looks at them (V1–V6). */
const FIELDS: { readonly [F in SnapshotField]: FieldRule } = {
  advisoryId: { kind: 'text', code: 'INVALID_ADVISORY_ID', required: true },
  positionSize: { kind: 'decimal', code: 'INVALID_POSITION_SIZE', required: true },
  slOffsetPct: { kind: 'decimal', code: 'INVALID_SL_OFFSET', required: true },
  tpOffsetPct: { kind: 'decimal', code: 'INVALID_TP_OFFSET', required: true },
  symbol: { kind: 'text', code: 'INVALID_SYMBOL', required: true },
  side: { kind: 'side', code: 'INVALID_SIDE', required: false },
  referencePrice: { kind: 'decimal', code: 'INVALID_REFERENCE_PRICE', required: true },
  expirationTimestamp: { kind: 'time', code: 'INVALID_EXPIRATION', required: true },
  createdAt: { kind: 'time', code: 'INVALID_CREATED_AT', required: false },
  htfBias: { kind: 'text', code: 'INVALID_HTF_BIAS', required: false },
  reasoningMode: { kind: 'text', code: 'INVALID_REASONING_MODE', required: false },
  reasoningContext: { kind: 'object', code: 'INVALID_REASONING_CONTEXT', required: false },
};

const RULES = Object.entries(FIELDS);

const ACCEPTED: Record<FieldKind, string> = {
  side: '"buy" or "sell"; a buy when it is left out',
  text: 'a string',
  decimal: `a finite decimal of at most ${MAX_DECIMAL_DIGITS} digits on either side of the point, such as "150.25"; beyond 2^53 as text`,
  time: 'an ISO 8601 time with a zone, such as "2030-01-01T00:00:00Z", or a valid Date',
  object:
    'an object that JSON can write: no functions, dates, cycles or non-finite numbers, and integers beyond 2^53 as text',
};

/** What {@link readSnapshot} makes of an input: the fields that could be read, and why the others could not. */
interface SnapshotReading {
  readonly fields: Partial<FrozenSnapshot>;
  readonly problems: readonly SnapshotProblem[];
}

const frozenHere = new WeakSet<object>();

/** Reads every field of `input`; never throws. With no problems, `fields` is a whole, frozen snapshot. */
export function readSnapshot(input: unknown): SnapshotReading {
  if (isFrozenSnapshot(input)) return { fields: input, problems: [] };
  if (!isObject(input)) {
    const problem = {
      code: 'INVALID_SNAPSHOT',
      field: '',
      message: `The advisory is ${show(input)}; accepted is an object.`,
    } as const;
    return { fields: Object.freeze({}), problems: [problem] };
  }
  const fields: Record<string, Json> = {};
  const problems: SnapshotProblem[] = [];
  for (const [field, rule] of RULES) {
    const raw = givenOf(readMember(input, field), field);
    if (raw === undefined && !rule.required) continue;
    const value = raw === undefined ? undefined : attempt(() => readers[rule.kind](raw));
    if (value !== undefined) fields[field] = value;
    else problems.push({ code: rule.code, field, message: sentenceOf(field, rule.kind, raw) });
  }
  fields['side'] ??= 'buy';
  problems.push(...unknownFields(input));
  const frozen = deepFreeze(fields) as Partial<FrozenSnapshot>;
  if (problems.length === 0) frozenHere.add(frozen);
  return { fields: frozen, problems };
}

/**
 * Parses, canonicalises, deep-copies and deep-freezes an advisory (R1.1).
 *
 * @throws {SnapshotError} when the input is not an object, has an unknown field, or a field that cannot be read at all.
 *   Values that read but are out of range are refused by `execute`, with a `REJECTED` result.
 * @public @since 0.1.0
 */
export function freezeSnapshot(input: SnapshotInput | FrozenSnapshot): FrozenSnapshot {
  const { fields, problems } = readSnapshot(input);
  const [first] = problems;
  if (first !== undefined) throw new SnapshotError(first);
  return fields as FrozenSnapshot;
}

/**
 * SHA-256, hex, over the canonical JSON of every field (R1.2). An advisory that was not frozen has the hash of what
 * {@link freezeSnapshot} makes of it. @public @since 0.1.0
 */
export const snapshotHash = (snapshot: FrozenSnapshot): string => canonicalSha256(canonicalOf(snapshot));

/**
 * A snapshot that was recorded, frozen again: one that has the hash of what was approved is that very snapshot, and need not be
 * read field by field. `undefined` when it has another hash.
 */
export function recordedSnapshot(recorded: FrozenSnapshot, hash: string): FrozenSnapshot | undefined {
  if (canonicalSha256(recorded) !== hash) return undefined;
  frozenHere.add(recorded);
  return deepFreeze(recorded);
}

/** `100` and `"1e2"` are the same size before they are frozen, too. What cannot be read is taken as it is: the hash never throws for it. */
function canonicalOf(snapshot: FrozenSnapshot): FrozenSnapshot {
  if (isFrozenSnapshot(snapshot)) return snapshot;
  const { fields, problems } = readSnapshot(snapshot);
  return problems.length === 0 ? (fields as FrozenSnapshot) : snapshot;
}

/**
 * Idempotency key of the entry order (S1): a pure function of advisory and hash; room is left for `-sl` and `-tp`.
 * @public @since 0.1.0
 */
export const clientOrderIdFor = (advisoryId: string, hash: string): string =>
  `fc-${sha256(`${advisoryId}\n${hash}`).slice(0, 29)}`;

/** Whether an id has the shape of ours: of an entry, or of its stop-loss or take-profit. */
export const isOwnOrderId = (clientOrderId: string): boolean => /^fc-[0-9a-f]{29}(?:-sl|-tp)?$/.test(clientOrderId);

const isFrozenSnapshot = (input: unknown): input is FrozenSnapshot =>
  typeof input === 'object' && input !== null && frozenHere.has(input);

const readers: Record<FieldKind, (raw: unknown) => Json | undefined> = {
  side: readText,
  text: readText,
  decimal: (raw) => (hasLostDigits(raw) ? undefined : parseDecimal(raw)),
  time: parseTime,
  object: (raw) => (isObject(raw) ? copyJson(raw, 0) : undefined),
};

function readText(raw: unknown): string | undefined {
  return typeof raw === 'string' ? raw : undefined;
}

/** `null` is how many programs write what is absent. A side that is `null` is a decision that was not taken, and no purchase. */
const givenOf = (raw: unknown, field: string): unknown => (field === 'side' ? raw : (raw ?? undefined));

/** Names the field, and where JSON cannot write a value deep inside, the path to that value. */
function sentenceOf(field: string, kind: FieldKind, raw: unknown): string {
  const culprit = kind === 'object' && isObject(raw) ? attempt(() => culpritIn(raw, field, 0)) : undefined;
  const { path, found } = culprit ?? { path: field, found: raw === undefined ? 'missing' : show(raw) };
  return `${path} is ${found}; accepted is ${ACCEPTED[kind]}.`;
}

/** An object that is no list and can be looked at: a revoked proxy cannot. */
const isObject = (raw: unknown): raw is object =>
  typeof raw === 'object' && raw !== null && attempt(() => !Array.isArray(raw)) === true;

/** A getter that throws makes its field unreadable, not the caller's call fail. */
function readMember(input: object, field: string): unknown {
  try {
    return Object.hasOwn(input, field) ? (input as Record<string, unknown>)[field] : undefined;
  } catch {
    return Symbol('unreadable');
  }
}

function unknownFields(input: object): SnapshotProblem[] {
  const keys = attempt(() => Object.keys(input));
  if (keys === undefined) {
    const message = `The advisory is ${show(input)}; accepted is an object whose fields can be listed.`;
    return [{ code: 'INVALID_SNAPSHOT', field: '', message }];
  }
  return keys
    .filter((key) => !Object.hasOwn(FIELDS, key))
    .map((key) => ({
      code: 'UNKNOWN_FIELD',
      field: key,
      message: `${show(key)} is no field of an advisory; ${hintFor(key)}`,
    }));
}

function hintFor(key: string): string {
  const known = Object.keys(FIELDS);
  const nearest = nearestName(key, known);
  return nearest === undefined ? `accepted are ${known.join(', ')}.` : `did you mean "${nearest}"?`;
}

/** An integer beyond 2^53 has been through a double: two that differ in their last digits are the same number now (R1.2). */
const hasLostDigits = (raw: unknown): boolean => Number.isInteger(raw) && !Number.isSafeInteger(raw);

const MAX_JSON_DEPTH = 64;

/** Deep copy of a JSON value; `undefined` when JSON cannot write it. Cycles end at {@link MAX_JSON_DEPTH}. */
function copyJson(raw: unknown, depth: number): Json | undefined {
  if (depth > MAX_JSON_DEPTH) return undefined;
  if (raw === null || typeof raw === 'string' || typeof raw === 'boolean') return raw;
  if (typeof raw === 'number') return Number.isFinite(raw) && !hasLostDigits(raw) ? (raw === 0 ? 0 : raw) : undefined;
  if (typeof raw !== 'object') return undefined;
  if (Array.isArray(raw)) {
    const items = Array.from(raw, (item) => copyJson(item, depth + 1));
    return items.some((item) => item === undefined) ? undefined : (items as Json[]);
  }
  if (!isPlain(raw)) return undefined;
  const members: [string, Json][] = [];
  for (const key of Object.keys(raw)) {
    const member = readMember(raw, key);
    if (member === undefined) continue;
    const copy = copyJson(member, depth + 1);
    if (copy === undefined) return undefined;
    members.push([key, copy]);
  }
  return Object.fromEntries(members);
}

function isPlain(raw: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(raw);
  return prototype === Object.prototype || prototype === null;
}

interface Culprit {
  readonly path: string;
  readonly found: string;
}

/** The first value that {@link copyJson} cannot copy. */
function culpritIn(raw: unknown, path: string, depth: number): Culprit | undefined {
  if (depth > MAX_JSON_DEPTH) return { path: shortPath(path), found: `nested deeper than ${MAX_JSON_DEPTH} levels` };
  if (attempt(() => copyJson(raw, depth)) !== undefined) return undefined;
  for (const [step, member] of membersOf(raw, path)) {
    const culprit = member === undefined ? undefined : culpritIn(member, step, depth + 1);
    if (culprit !== undefined) return culprit;
  }
  return { path: shortPath(path), found: kindOf(raw) };
}

/** The members of a list or of a plain object, each with its path. */
function membersOf(raw: unknown, path: string): readonly (readonly [string, unknown])[] {
  if (Array.isArray(raw)) return Array.from(raw, (item, at) => [`${path}[${at}]`, item ?? undefined] as const);
  if (typeof raw !== 'object' || raw === null || !isPlain(raw)) return [];
  return Object.keys(raw).map((key) => [`${path}.${key}`, readMember(raw, key)] as const);
}

/** A value that JSON cannot write, by its kind: what JSON would make of it says nothing about it. */
function kindOf(raw: unknown): string {
  if (Array.isArray(raw)) return 'a list with an item that is missing';
  if (typeof raw !== 'object' || raw === null) return show(raw);
  const name: unknown = attempt(() => Object.getPrototypeOf(raw)?.constructor?.name);
  return typeof name === 'string' && name !== 'Object' ? `an instance of ${name}` : show(raw);
}

const shortPath = (path: string): string => (path.length > MAX_SHOWN ? `${path.slice(0, MAX_SHOWN)}…` : path);

const MAX_SHOWN = 80;

/** A value as an error message shows it: short, quoted, never throwing. */
export function show(value: unknown): string {
  if (typeof value === 'symbol') return 'unreadable';
  if (typeof value === 'bigint') return `${value}`;
  if (typeof value === 'function') return 'a function';
  let text: string;
  try {
    if (value instanceof Date && Number.isNaN(value.getTime())) return 'an invalid Date';
    if (value instanceof Promise) return 'a promise';
    text = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  } catch {
    text = 'an object that cannot be written';
  }
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}
