/**
 * Refusals as HTTP answers: each code of the registry with its status.
 */
import type { ReasonCode } from '../../domain/reasons.js';

/** Thrown by a handler; the server answers with it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: ReasonCode;
  readonly status: number;
  readonly field: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ReasonCode, message: string, more: RefusalDetails = {}) {
    super(message);
    this.code = code;
    this.status = more.status ?? statusOf(code);
    this.field = more.field;
    this.retryAfterSeconds = more.retryAfterSeconds ?? (this.status === 503 ? DEFAULT_RETRY_SECONDS : undefined);
  }
}

interface RefusalDetails {
  readonly field?: string | undefined;
  readonly status?: number;
  readonly retryAfterSeconds?: number;
}

const DEFAULT_RETRY_SECONDS = 1;
const UNPROCESSABLE = 422;

/** What is not listed is an advisory or an option that is not acceptable. */
const STATUS: Partial<Record<ReasonCode, number>> = {
  INVALID_REQUEST: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  UNKNOWN_EXECUTION: 404,
  UNKNOWN_CASE: 404,
  METHOD_NOT_ALLOWED: 405,
  ADVISORY_CONFLICT: 409,
  KILL_SWITCH_RELEASE_REFUSED: 409,
  SECOND_PERSON_NEEDED: 409,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  INTERNAL_ERROR: 500,
  NOT_READY: 503,
  ENGINE_CLOSED: 503,
  JOURNAL_UNAVAILABLE: 503,
};

const statusOf = (code: ReasonCode): number => STATUS[code] ?? UNPROCESSABLE;

export const refuse = (code: ReasonCode, message: string, more?: RefusalDetails): Refusal =>
  new Refusal(code, message, more);
