import { newEvents, startLab } from "./lab.ts";
import { prepare } from "./lanes.ts";
import type { FilledLab, Session } from "./part.ts";

/** Endpoints that are there throughout. */
export const ENDPOINTS_PRESENT = 10;

/** A session, and how to end what it has started. */
export function openSession(say: (line: string) => void): Session & { close(): Promise<void> } {
  const labs: Promise<FilledLab>[] = [];
  let shared: Promise<FilledLab> | undefined;

  const anotherLab = () => {
    say("starting an API server and the function");
    const lab = startFilledLab(say);
    labs.push(lab);
    return lab;
  };
  return {
    anotherLab,
    lab() {
      shared ??= anotherLab();
      return shared;
    },
    say,
    async close() {
      for (const started of await Promise.allSettled(labs)) {
        if (started.status === "fulfilled") await started.value.lab.close();
      }
    },
  };
}

async function startFilledLab(say: (line: string) => void): Promise<FilledLab> {
  const lab = await startLab(say);
  const present = newEvents(lab, ENDPOINTS_PRESENT);
  await prepare(lab, present);
  return { lab, present };
}
