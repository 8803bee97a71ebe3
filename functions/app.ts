import { finished } from "node:stream";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from "fastify";
import { Deadline } from "../lib/cluster/deadline.ts";
import type { Problem } from "../lib/endpoint/problem.ts";
import { type ChangeResult, decode } from "../lib/event/decode.ts";
import { parseJSON } from "../lib/event/parse-json.ts";
import {
  BATCH_AT_ONCE,
  BODY_LIMIT_BYTES,
  REQUEST_DEADLINE_MS,
  REQUESTS_AT_ONCE,
  RETRY_AFTER_SECONDS,
} from "../lib/settings/limits.ts";
import { type Handling, handleEvent, type World } from "./events.ts";
import { problemDetails, type Reply, type ReplyBody } from "./reply.ts";

export type AppOptions = {
  world: World;
  logger: FastifyBaseLogger;
  /** Whether the API server answers, for `GET /readyz`; rejects where it does not. */
  checkReady: (signal: AbortSignal) => Promise<void>;
};

export type App = FastifyInstance & {
  /**
   * From now on every event is answered 503 and `GET /readyz` too; what is in flight goes on. Settles when it has been
   * answered.
   */
  drain(): Promise<void>;
};

/**
 * The HTTP side of the function: `POST /events` (and `POST /`), `GET /healthz`, `GET /readyz`. It decodes, hands
 * over, and answers; it listens on nothing, so that tests can inject requests.
 */
export function buildApp({ world, logger, checkReady }: AppOptions): App {
  const app = Fastify({
    loggerInstance: logger,
    // One line an event says more than two lines a request.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    // A sender that stops in the middle of an event does not hold its connection for ever.
    requestTimeout: REQUEST_DEADLINE_MS,
    forceCloseConnections: "idle",
    // Routes have no schemas; the compilers for them would be loaded all the same.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  });
  let inFlight = 0;
  let draining = false;
  const quiet = Promise.withResolvers<void>();
  const settleIfQuiet = () => {
    if (draining && inFlight === 0) quiet.resolve();
  };

  acceptJson(app);
  app.addHook("onSend", async (_request, reply) => {
    // A connection that is kept alive after its last reply would keep the process from ending.
    if (draining) reply.header("connection", "close");
  });
  app.setErrorHandler((error, request, reply) => answerError(error as HttpError, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const detail = `there is no ${request.method} ${request.url}; events go to POST /events`;
    return sendProblem(reply, 404, "NotFound", detail);
  });

  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async (_request, reply) => {
    if (draining) return sendBusy(reply, "Draining", "this instance is ending");
    const deadline = Deadline.after(REQUEST_DEADLINE_MS / 4);
    try {
      await checkReady(deadline.signal);
      return { status: "ok" };
    } catch (error) {
      return sendBusy(reply, "ClusterUnavailable", error instanceof Error ? error.message : String(error));
    } finally {
      deadline.clear();
    }
  });

  const receive = async (request: FastifyRequest, reply: FastifyReply) => {
    if (draining) return sendBusy(reply, "Draining", "this instance is ending");
    if (inFlight >= REQUESTS_AT_ONCE) {
      return sendBusy(reply, "TooManyRequests", `${inFlight} deliveries are being handled already`);
    }
    inFlight++;
    const answered = new Promise<void>((resolve) => finished(reply.raw, () => resolve()));
    try {
      return await receiveEvents(world, request, reply);
    } finally {
      // Until it is handled, and the reply is sent or nobody is there any more to take it.
      void answered.then(() => {
        inFlight--;
        settleIfQuiet();
      });
    }
  };
  app.post("/events", receive);
  app.post("/", receive);

  return Object.assign(app, {
    drain() {
      draining = true;
      settleIfQuiet();
      return quiet.promise;
    },
  });
}

function noSchemas(): never {
  throw new Error("a route has a schema, and nothing to compile it with");
}

async function receiveEvents(world: World, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const query = request.query as Record<string, string | undefined>;
  const { dryRun } = query;
  // A dry run that was misspelt would be none.
  const unknown = Object.keys(query).find((name) => name !== "type" && name !== "dryRun");
  if (unknown !== undefined) {
    const detail = `query.${unknown} is not known; there are type=created, updated or deleted, and dryRun=All`;
    return sendProblem(reply, 400, "QueryUnknown", detail);
  }
  if (dryRun !== undefined && dryRun !== "All") {
    const detail = `query.dryRun is ${JSON.stringify(dryRun)}; the one value that it can have is "All"`;
    return sendProblem(reply, 400, "DryRunUnknown", detail);
  }
  const decoded = decode({
    contentType: request.headers["content-type"],
    headers: request.headers as Record<string, string | undefined>,
    query,
    body: request.body,
    now: world.now(),
  });
  if (!decoded.ok) return sendProblems(reply, decoded.status, decoded.problems);
  const deadline = Deadline.after(REQUEST_DEADLINE_MS);
  try {
    const handling = { signal: deadline.signal, dryRun: dryRun === "All" };
    const replies = await handleAll(world, decoded.changes, handling, request.log);
    return send(request, reply, decoded.batch ? batchReply(replies) : (replies[0] as Reply));
  } finally {
    deadline.clear();
  }
}

/** Handles some events at once; what comes of one does not depend on the others, nor on their order. */
async function handleAll(
  world: World,
  changes: ChangeResult[],
  handling: Handling,
  log: FastifyBaseLogger,
): Promise<Reply[]> {
  const replies: Reply[] = [];
  const queue = changes.entries();
  const work = async () => {
    for (const [index, change] of queue) {
      const start = performance.now();
      const reply = await handleEvent(world, change, handling);
      replies[index] = reply;
      logEvent(log, reply, performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: BATCH_AT_ONCE }, work));
  return replies;
}

function logEvent(log: FastifyBaseLogger, { status, body, cause }: Reply, durationMs: number): void {
  const { eventId, endpointId, host, outcome, reason, ready, dryRun } = body;
  const changes = body.changes.map(
    ({ kind, namespace, name, action }) => `${action} ${kind} ${namespace}/${name}`,
  );
  const line = {
    eventId,
    endpointId,
    host,
    outcome,
    reason,
    ready,
    status,
    dryRun,
    changes,
    durationMs: Math.round(durationMs),
  };
  const message = body.message ?? body.detail ?? "";
  if (status === 500) log.error({ ...line, err: cause }, message);
  else if (status === 503) log.warn(line, message);
  else log.info(line, message);
}

type Answer = { status: number; retryAfter?: number | undefined; body: unknown };

/** 503 if any event should be sent again, else 400 if any was rejected, else 200. */
function batchReply(replies: Reply[]): Answer {
  const again = replies.filter(({ status }) => status >= 500);
  const results = replies.map(({ status, body }): ReplyBody => ({ ...body, status }));
  if (again.length > 0) {
    return {
      status: 503,
      retryAfter: Math.max(...again.map((reply) => reply.retryAfter ?? 0)),
      body: { results },
    };
  }
  return { status: replies.some(({ status }) => status === 400) ? 400 : 200, body: { results } };
}

function send(request: FastifyRequest, reply: FastifyReply, { status, retryAfter, body }: Answer): unknown {
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  reply.status(status);
  // Knative's brokers and channels take the body of a reply for a further event, and a body that is none for a
  // failed delivery. They say so by this header (RFC 7240).
  if (status === 200 && prefersEvent(request)) return reply.send();
  const type = status === 200 || isBatch(body) ? "application/json" : "application/problem+json";
  return reply.type(`${type}; charset=utf-8`).send(`${JSON.stringify(body, undefined, 2)}\n`);
}

function isBatch(body: unknown): boolean {
  return typeof body === "object" && body !== null && "results" in body;
}

function prefersEvent(request: FastifyRequest): boolean {
  const { prefer } = request.headers;
  return [prefer]
    .flat()
    .some((value) => value?.split(",").some((preference) => preference.trim() === "reply"));
}

/** JSON under every content type that says so; which of them mean something is the decoder's business. */
function acceptJson(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const types = /^(?:(?:application|text)\/json|[\w.+-]+\/[\w.+-]+\+json)\s*(?:;|$)/i;
  app.addContentTypeParser(types, { parseAs: "string" }, (_request, text, done) => {
    // A CloudEvent in binary mode may have no data.
    const parsed = text === "" ? ({ ok: true, value: undefined } as const) : parseJSON(String(text), "body");
    if (parsed.ok) done(null, parsed.value);
    else done(Object.assign(new Error(parsed.problem.message), { statusCode: 400, problem: parsed.problem }));
  });
}

type HttpError = Error & { statusCode?: number; problem?: Problem };

function answerError(error: HttpError, request: FastifyRequest, reply: FastifyReply): unknown {
  const { statusCode = 500 } = error;
  if (statusCode === 413) {
    return sendProblem(reply, 413, "BodyTooLarge", `the body is larger than ${BODY_LIMIT_BYTES} bytes`);
  }
  if (statusCode === 415) {
    const found = request.headers["content-type"];
    const detail = `the content type is ${found === undefined ? "missing" : JSON.stringify(found)}; send JSON with Content-Type: application/json, or a CloudEvent`;
    return sendProblem(reply, 415, "ContentTypeUnknown", detail);
  }
  if (error.problem !== undefined) return sendProblems(reply, statusCode, [error.problem]);
  if (statusCode >= 400 && statusCode < 500) {
    return sendProblem(
      reply,
      statusCode,
      "RequestUnreadable",
      `the request is not readable: ${error.message}`,
    );
  }
  request.log.error({ err: error }, "a request failed in an unforeseen way");
  return sendProblem(reply, 500, "InternalError", "something went wrong here; the log says what");
}

function sendBusy(reply: FastifyReply, reason: string, detail: string): unknown {
  reply.header("retry-after", RETRY_AFTER_SECONDS);
  return sendProblem(reply, 503, reason, detail);
}

function sendProblem(reply: FastifyReply, status: number, reason: string, detail: string): unknown {
  const body = { ...problemDetails(status, reason, detail), reason };
  return sendBody(reply, status, body);
}

function sendProblems(reply: FastifyReply, status: number, problems: Problem[]): unknown {
  const reason = problems[0]?.reason ?? "NotWellFormed";
  const detail = problems.map(({ at, message }) => `${at}: ${message}`).join("; ");
  return sendBody(reply, status, { ...problemDetails(status, reason, detail), reason, errors: problems });
}

type ProblemBody = ReturnType<typeof problemDetails> & { reason: string; errors?: Problem[] };

function sendBody(reply: FastifyReply, status: number, body: ProblemBody): unknown {
  // What never got as far as being an event is seen here, or nowhere.
  if (status < 500) reply.log.info({ status, reason: body.reason }, body.detail);
  return reply
    .status(status)
    .type("application/problem+json; charset=utf-8")
    .send(`${JSON.stringify(body, undefined, 2)}\n`);
}
