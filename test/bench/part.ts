import type { NgrokEvent } from "../support/events.ts";
import type { Lab } from "./lab.ts";
import type { Row } from "./row.ts";

/** A lab that does not begin with nothing. */
export type FilledLab = {
  readonly lab: Lab;
  /** What the endpoints came from that are there throughout; these events have been handled. */
  readonly present: readonly NgrokEvent[];
};

/** What the parts of one run share. */
export type Session = {
  /** Set up when the first part asks for it. */
  lab(): Promise<FilledLab>;
  /** Sets up another one; it ends with the session. */
  anotherLab(): Promise<FilledLab>;
  /** Tells whoever waits how far it is. */
  say(line: string): void;
};

/** A part of the benchmark: measures, and says what came of it. */
export type Part = (session: Session) => Promise<Row[]>;
