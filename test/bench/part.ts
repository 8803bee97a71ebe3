import type { Lab } from "./lab.ts";
import type { Row } from "./row.ts";

/** What the parts of one run share. */
export type Session = {
  /** The lab, with a few endpoints in it; set up when the first part asks for it. */
  lab(): Promise<Lab>;
  /** Sets up another lab; it ends with the session. */
  anotherLab(): Promise<Lab>;
  /** Tells whoever waits how far it is. */
  say(line: string): void;
};

/** A part of the benchmark: measures, and says what came of it. */
export type Part = (session: Session) => Promise<Row[]>;
