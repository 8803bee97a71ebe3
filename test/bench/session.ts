import { createdEvent } from "./events.ts";
import { type Lab, startLab } from "./lab.ts";
import { prepare } from "./lanes.ts";
import type { Session } from "./part.ts";

/** Endpoints that are there throughout. */
export const ENDPOINTS_PRESENT = 10;

/** A session, and how to end what it has started. */
export function openSession(say: (line: string) => void): Session & { close(): Promise<void> } {
  const labs: Promise<Lab>[] = [];
  let shared: Promise<Lab> | undefined;

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
        if (started.status === "fulfilled") await started.value.close();
      }
    },
  };
}

async function startFilledLab(say: (line: string) => void): Promise<Lab> {
  const lab = await startLab(say);
  await prepare(
    lab,
    lab.newEndpoints(ENDPOINTS_PRESENT).map(({ id, url }) => createdEvent(id, url)),
  );
  return lab;
}
