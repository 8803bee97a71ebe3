import { type Client, openClient, type Target } from "./client.ts";
import { type Played, type PlayOptions, playAll } from "./play.ts";
import type { Script } from "./script.ts";

// The process that sends what is measured, and does nothing else.

export type Job = { readonly target: Target; readonly scripts: readonly Script[] } & PlayOptions;
export type Done = { readonly played: Played } | { readonly error: string };

const clients = new Map<string, Client>();

function clientOf(target: Target): Client {
  const key = `${target.origin} ${target.token}`;
  const client = clients.get(key) ?? openClient(target);
  clients.set(key, client);
  return client;
}

process.on("message", ({ target, scripts, concurrency, warmUp }: Job) => {
  playAll(clientOf(target), scripts, { concurrency, warmUp }).then(
    (played) => answer({ played }),
    (error: unknown) => answer({ error: error instanceof Error ? (error.stack ?? "") : String(error) }),
  );
});

function answer(done: Done): void {
  process.send?.(done);
}

// Connections that are kept would keep the process, whoever started it being gone.
process.once("disconnect", () => process.exit(0));
