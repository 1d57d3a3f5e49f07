/**
 * Who is told of what needs a person, by HTTP.
 */
export interface WebhookOptions {
  readonly url: string;
  /** Key of the signature, HMAC-SHA256. */
  readonly secret: string;
}
