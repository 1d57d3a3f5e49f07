/**
 * JSON Schemas of what the command line reads, for editors and upstream programs: advisories, the config of each broker, and
 * that of the service.
 *
 * 1. A config's schema is made of the very checks that read the config, so the two cannot differ.
 * 2. A schema accepts whatever the command line accepts; what only a program can judge (ranges, dates) is left to it.
 */
import { listOf, positiveDecimal, type Schema, wholeBetween } from '../adapters/brokers/paper/check.js';
import { paperOptions } from '../adapters/brokers/paper/settings.js';
import { KillSwitchState, KillSwitchType } from '../domain/kill-switch.js';
import type { Limits } from '../domain/risk-limits.js';
import type { SnapshotField } from '../domain/snapshot.js';
import { ALPACA_CONFIG } from './brokers/alpaca.js';
import { CCXT_CONFIG } from './brokers/ccxt.js';
import { FIX_CONFIG } from './brokers/fix.js';
import { SCHEMA_MEMBER, serviceSchema } from './serve/config-schema.js';

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
const DECIMAL: Schema = {
  anyOf: [{ type: 'number' }, { type: 'string', pattern: '^[+-]?(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d{1,4})?$' }],
};
const TEXT: Schema = { type: 'string' };
const OPTIONAL_TEXT: Schema = { type: ['string', 'null'] };

/** Every field of an advisory; `sl_offset_pct` and its like are no fields. */
const FIELDS: Readonly<Record<SnapshotField, Schema>> = {
  advisoryId: { ...TEXT, description: '1 to 64 printable characters; good for one execution' },
  symbol: { ...TEXT, description: '1 to 32 characters' },
  side: { enum: ['buy', 'sell'], description: 'buy when it is left out' },
  referencePrice: { ...DECIMAL, description: 'greater than zero' },
  slOffsetPct: { ...DECIMAL, description: 'a fraction of the fill price: -0.02 is 2 % below it' },
  tpOffsetPct: { ...DECIMAL, description: 'a fraction of the fill price: 0.03 is 3 % above it' },
  positionSize: { ...DECIMAL, description: 'greater than zero' },
  expirationTimestamp: { ...TEXT, description: 'ISO 8601 with a zone' },
  createdAt: { ...OPTIONAL_TEXT, description: 'ISO 8601 with a zone' },
  htfBias: OPTIONAL_TEXT,
  reasoningMode: OPTIONAL_TEXT,
  reasoningContext: { type: ['object', 'null'] },
};

const REQUIRED: readonly SnapshotField[] = [
  ...(['advisoryId', 'symbol', 'referencePrice', 'slOffsetPct'] as const),
  ...(['tpOffsetPct', 'positionSize', 'expirationTimestamp'] as const),
];

const count = wholeBetween(1, Number.MAX_SAFE_INTEGER).schema;
const decimal: Schema = { anyOf: [positiveDecimal.schema, { type: 'number', exclusiveMinimum: 0 }] };
const bounds: Readonly<Record<keyof Limits, Schema>> = {
  maxPositionSize: decimal,
  maxNotional: decimal,
  maxReferenceDeviationPct: decimal,
  maxLiveExecutions: count,
  maxSubmitsPerMinute: count,
  maxOpenNotional: decimal,
  maxDailyLoss: decimal,
};
const limitsOf = (properties: object): Schema => ({ type: 'object', properties, additionalProperties: false });
const LIMITS = limitsOf({ ...bounds, bySymbol: { type: 'object', additionalProperties: limitsOf(bounds) } });

const OPERATOR: Schema = {
  ...listOf(positiveDecimal).schema,
  items: {
    type: 'object',
    properties: {
      atMs: { type: 'number', minimum: 0 },
      set: {
        type: 'object',
        properties: {
          type: { enum: Object.values(KillSwitchType) },
          state: { enum: Object.values(KillSwitchState) },
          target: TEXT,
          reason: TEXT,
          by: TEXT,
        },
        required: ['type', 'state', 'reason'],
        additionalProperties: false,
      },
    },
    required: ['atMs', 'set'],
    additionalProperties: false,
  },
};

const titled = (title: string, schema: Schema): Schema => ({ $schema: DIALECT, title, ...schema });

/** A config takes the limits of the engine, too, and what else is named. */
function configOf(title: string, schema: Schema, more: Readonly<Record<string, Schema>> = {}): Schema {
  const { clock: _clock, feed: _feed, ...properties } = schema['properties'] as Readonly<Record<string, Schema>>;
  return titled(title, { ...schema, properties: { ...SCHEMA_MEMBER, ...properties, limits: LIMITS, ...more } });
}

/** By the name of the file in `schemas/`. */
export const schemas = (): Readonly<Record<string, Schema>> => ({
  'advisory.schema.json': titled('An advisory of fillchart', {
    type: 'object',
    properties: FIELDS,
    required: REQUIRED,
    additionalProperties: false,
  }),
  'paper.schema.json': configOf('Config of the paper broker', paperOptions.schema, { operator: OPERATOR }),
  'alpaca.schema.json': configOf('Config of the Alpaca adapter', ALPACA_CONFIG.schema),
  'fix.schema.json': configOf('Config of the FIX adapter', FIX_CONFIG.schema),
  'service.schema.json': titled('Config of fillchart serve', serviceSchema(LIMITS)),
  'ccxt.schema.json': configOf('Config of the ccxt adapter', CCXT_CONFIG.schema),
});
