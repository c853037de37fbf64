/** What came over the queue and is not taken. */

/** A message that is not what it should be: in one sentence, safe to show. */
export class MessageRefused extends Error {
  override readonly name: string = "MessageRefused";
}

/** A message of another version of the protocol. */
export class ForeignMessage extends MessageRefused {
  override readonly name = "ForeignMessage";
}
