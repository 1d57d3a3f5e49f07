/**
 * A request as a handler sees it, and what a handler answers.
 */
import type { Static, TSchema } from '@sinclair/typebox';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OperationId, Routes } from '../api/routes.js';
import type { Identity } from '../security/identity.js';

type StaticOf<Route, Part extends string> = Route extends { readonly [P in Part]: infer Schema extends TSchema }
  ? Static<Schema>
  : Record<string, never>;

/** A request that has been checked against its route's schemas. */
export interface Call<Id extends OperationId> {
  readonly params: StaticOf<Routes[Id], 'params'>;
  readonly query: StaticOf<Routes[Id], 'query'>;
  readonly body: StaticOf<Routes[Id], 'body'>;
  readonly identity: Identity;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
}

/** The handler has taken over the socket, or there is nobody left to answer. */
export const TAKEN_OVER = 'taken over';

/** What goes out as JSON; text with a content type of its own; or nothing, when the handler has taken over the socket. */
export type HandlerAnswer =
  | { readonly status: number; readonly body: object }
  | { readonly status: number; readonly text: string; readonly contentType: string }
  | typeof TAKEN_OVER;

export type Handler<Id extends OperationId> = (call: Call<Id>) => Promise<HandlerAnswer> | HandlerAnswer;

export type Handlers = { readonly [Id in OperationId]: Handler<Id> };

export const answer = (body: object, status = 200): HandlerAnswer => ({ status, body });
