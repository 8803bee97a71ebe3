import { setTimeout as pause } from "node:timers/promises";
import type { NgrokEvent } from "../support/events.ts";
import type { FunctionProcess } from "./processes.ts";

/** As Knative's brokers try by default, only that the first pause is shorter than their 200 ms. */
const RETRIES = 10;
const BACKOFF_MS = 25;

/** Processes behind one address, as a Service has them: who is killed is replaced in its place. */
export type Replicas = [FunctionProcess, ...FunctionProcess[]];

/**
 * Delivers an event as Knative Eventing does: again after 404, 408, 409, 429, 5xx and broken connections, with a pause
 * that doubles, to whichever process is next; not after any other code.
 * https://knative.dev/docs/eventing/event-delivery/
 *
 * @param turn which process gets it first
 * @returns the code of each answer; undefined for a connection that broke
 * @throws Error where all attempts have failed: then it would go to the dead letter sink
 */
export async function deliver(
  event: NgrokEvent,
  replicas: Replicas,
  turn: number,
): Promise<(number | undefined)[]> {
  const codes: (number | undefined)[] = [];
  for (let attempt = 0; attempt <= RETRIES; attempt++) {
    if (attempt > 0) await pause(BACKOFF_MS * 2 ** attempt);
    const answer = await replicas[(turn + attempt) % replicas.length]?.post(event);
    codes.push(answer?.status);
    if (answer !== undefined && !isTriedAgain(answer.status)) return codes;
  }
  throw new Error(`${event.event_id} was given up after ${codes.join(", ")}`);
}

const isTriedAgain = (code: number): boolean => [404, 408, 409, 429].includes(code) || code >= 500;
