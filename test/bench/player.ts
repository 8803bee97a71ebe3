import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Played } from "./play.ts";
import type { Done, Job } from "./player-process.ts";

/** Plays scripts in a process of its own, one job after the other. */
export class Player {
  readonly #child: ChildProcess;

  constructor() {
    this.#child = fork(join(import.meta.dirname, "player-process.ts"), { serialization: "advanced" });
  }

  /**
   * Resolves when all scripts have ended.
   *
   * @throws Error where a call got no answer
   */
  async play(job: Job): Promise<Played> {
    const answered = once(this.#child, "message");
    this.#child.send(job);
    const [done] = (await answered) as [Done];
    if ("error" in done) throw new Error(`the player: ${done.error}`);
    return done.played;
  }

  async close(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.disconnect();
    await ended;
  }
}
