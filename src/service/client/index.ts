/** fillchart/client: a typed client of the service. */

export type { OperationId } from '../api/routes.js';
export type { Client, ClientOptions, EventsInput, Input, Operations, Output, ServiceEvent } from './client.js';
export { ClientError, createClient } from './client.js';
