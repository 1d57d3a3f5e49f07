/** What a stand-in for a venue can be told to do beside the good day. */

/** What the venue behind an adapter can be made to do; the cases of a power that is absent are skipped. @public @since 0.1.0 */
export interface VenuePowers {
  /** Takes back all that an entry has filled (a bust). */
  takeBack?(clientOrderId: string): void | Promise<void>;
  /** Changes the price of all that an entry has filled. */
  correctPrice?(clientOrderId: string, price: string): void | Promise<void>;
  /** Ends an exit, named by its own id (`…-sl`, `…-tp`), although nothing of it has traded. */
  endExit?(exitId: string): void | Promise<void>;
  /** Takes the next stop-loss and refuses it so many ms later, before it works. */
  refuseNextStop?(afterMs: number): void | Promise<void>;
  /** Of every buy from now on this part is taken as a fee in the bought asset, such as `0.001`. */
  feeInAsset?(rate: string): void | Promise<void>;
}
