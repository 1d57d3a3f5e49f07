/**
 * The broker has answered, and said no: to our keys, our account, our session. Whoever reads it need not try again as it is.
 *
 * Thrown by `connect` and by reads, where an ordinary `Error` says that there was no answer, or none that could be read.
 */
export class BrokerRefusal extends Error {
  override readonly name = 'BrokerRefusal';
}
