/**
 * The form of a new advisory, checked against the very schema that the service checks. Pure.
 *
 * 1. What the schema does not say is left to the service, whose code, field and sentence are shown.
 */
import { AdvisoryInput } from '../../service/api/executions.js';

export const FIELDS = [
  'advisoryId',
  'symbol',
  'side',
  'positionSize',
  'referencePrice',
  'slOffsetPct',
  'tpOffsetPct',
  'expirationTimestamp',
] as const;
export type FieldName = (typeof FIELDS)[number];
export type Fields = Readonly<Record<FieldName, string>>;

export const FIELD_LABELS: Readonly<Record<FieldName, string>> = {
  advisoryId: 'Advisory id',
  symbol: 'Symbol',
  side: 'Side',
  positionSize: 'Position size',
  referencePrice: 'Reference price',
  slOffsetPct: 'Stop-loss offset (fraction)',
  tpOffsetPct: 'Take-profit offset (fraction)',
  expirationTimestamp: 'Expires (ISO 8601, UTC)',
};

interface MemberSchema {
  readonly description?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
}

const members = AdvisoryInput.properties as unknown as Readonly<Record<FieldName, MemberSchema>>;
const required = new Set<string>(AdvisoryInput.required);

export const descriptionOf = (name: FieldName): string => members[name].description ?? '';

/** A sentence for each field that the schema refuses. */
export function problemsOf(fields: Fields): Readonly<Partial<Record<FieldName, string>>> {
  const found = FIELDS.flatMap((name): readonly (readonly [FieldName, string])[] => {
    const problem = problemOf(name, fields);
    return problem === undefined ? [] : [[name, problem]];
  });
  return Object.fromEntries(found);
}

const DECIMALS: ReadonlySet<FieldName> = new Set(['positionSize', 'referencePrice', 'slOffsetPct', 'tpOffsetPct']);
const DECIMAL = /^-?\d+(?:\.\d+)?$/;

function problemOf(name: FieldName, fields: Fields): string | undefined {
  const value = fields[name].trim();
  const { maxLength = Number.POSITIVE_INFINITY } = members[name];
  if (value === '') return required.has(name) ? `${FIELD_LABELS[name]} is needed.` : undefined;
  if (value.length > maxLength) return `At most ${maxLength} characters.`;
  if (DECIMALS.has(name) && !DECIMAL.test(value)) return 'Accepted is a decimal such as 150.25.';
  if (name === 'expirationTimestamp' && Number.isNaN(Date.parse(value)))
    return 'Accepted is a time such as 2030-01-01T00:00:00Z.';
  return undefined;
}

/** SL lies on the losing side, TP on the winning one: the signs that the side asks for. */
export function suggestion(fields: Fields): string | undefined {
  const [sl, tp] = [Number(fields.slOffsetPct), Number(fields.tpOffsetPct)];
  if (fields.slOffsetPct === '' || fields.tpOffsetPct === '' || Number.isNaN(sl) || Number.isNaN(tp)) return undefined;
  const isSell = fields.side === 'sell';
  if (isSell ? sl < 0 || tp > 0 : sl > 0 || tp < 0)
    return isSell
      ? 'For a sell the stop-loss offset is above 0 and the take-profit offset below.'
      : 'For a buy the stop-loss offset is below 0 and the take-profit offset above.';
  const most = Math.max(Math.abs(sl), Math.abs(tp));
  return most >= 0.5 ? `Offsets are fractions: ${most} is ${most * 100} %.` : undefined;
}

/** SL and TP at the reference price, to look at before it is sent; the engine computes them from the fill. */
export function preview(fields: Fields): { readonly sl: string; readonly tp: string } | undefined {
  const price = Number(fields.referencePrice);
  const [sl, tp] = [Number(fields.slOffsetPct), Number(fields.tpOffsetPct)];
  if (fields.referencePrice === '' || [price, sl, tp].some(Number.isNaN)) return undefined;
  return { sl: (price * (1 + sl)).toFixed(2), tp: (price * (1 + tp)).toFixed(2) };
}

export const bodyOf = (fields: Fields, account: string | undefined): object => ({
  ...Object.fromEntries(FIELDS.map((name) => [name, fields[name].trim()]).filter(([, value]) => value !== '')),
  ...(account !== undefined && { account }),
});
