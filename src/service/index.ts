/** fillchart/service: accounts with their engines behind an HTTP interface. */

export { type AccessLogCheck, type AccessLogEnd, checkAccessLog } from './access-chain.js';
export type { AccountHost, AccountOptions } from './accounts/account.js';
export { type OperationId, type RouteShape, routes } from './api/routes.js';
export type { Role } from './api/system.js';
export type { SwitchServiceOptions } from './followed-switches.js';
export { NOTIFICATIONS, type Notification, type NotificationName } from './notifications/notification.js';
export { signatureOf, type WebhookOptions } from './notifications/webhooks.js';
export { openApi } from './openapi.js';
export type { ServiceOptions } from './options.js';
export type { StoredToken, Tokens } from './security/tokens.js';
export { newToken, readTokens, tokenFile, tokenHash, tokenList } from './security/tokens.js';
export { createService, type Service } from './service.js';
