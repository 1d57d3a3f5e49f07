/**
 * Types of options that need nothing of jspurefix: whoever compiles against this package need not have it.
 */

/** Values by the fields' names in the dictionary, or by their numbers. @public @since 0.1.0 */
export type FixFields = Readonly<Record<string, string>>;

/**
 * Fields by where they go: `header` of every message, every `entry` or `exit` order, or the messages of a type, by its
 * MsgType or name (`D` or `NewOrderSingle`). An order's role comes after its type.
 * @public @since 0.1.0
 */
export type FixFieldSets = Readonly<Record<string, FixFields>>;

/** What a signature of a Logon may cover. @public @since 0.1.0 */
export interface FixLogonToSign {
  readonly msgType: 'A';
  /** MsgSeqNum (34). */
  readonly msgSeqNum: number;
  /** SendingTime (52), as it stands in the message. */
  readonly sendingTime: string;
  readonly senderCompId: string;
  readonly targetCompId: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/**
 * Returns further fields of a Logon, by name or number; RawDataLength (95) is added to RawData (96).
 * @public @since 0.1.0
 */
export type SignLogon = (logon: FixLogonToSign) => FixFields;
