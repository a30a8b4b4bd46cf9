/** Values that an entry tells, by their names. */
export type Fields = Readonly<Record<string, string | number | bigint | boolean | undefined>>;

/** What a node tells of its work, for whoever operates it. No secret, and no endpoint's address, is in it. */
export interface Journal {
  info(message: string, fields?: Fields): void;
  /** Something that the operator has to see to, if it does not pass. */
  warn(message: string, fields?: Fields): void;
  /** Something that keeps the node from its work. */
  error(message: string, fields?: Fields): void;
}

/** What went wrong, in words. */
export const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
