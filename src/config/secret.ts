/** A secret as it was at start, with the file to read it anew from where it came from one. */
export interface Secret {
  readonly value: string;
  /** Absent when the environment itself held the value, which then never changes. */
  readonly file?: string;
}
