import { Agent, request } from "undici";
import type { Credentials } from "./kubeconfig.ts";

/** What the API server answered; the body is parsed where it is JSON, else text. */
// biome-ignore lint/suspicious/noExplicitAny: what tests look into is the server's to say, and each asserts what it reads.
export type ApiAnswer = { readonly status: number; readonly body: any };

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** Further headers of a request, their names in lower case. */
export type RequestHeaders = Record<string, string | string[]>;

/** A plain client of a Kubernetes API for tests, which prepare and look at a cluster with it. */
export class ApiClient {
  readonly #agent: Agent;
  readonly #credentials: Credentials;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
    this.#agent = new Agent({ connect: { ca: credentials.ca } });
  }

  /** Sends one request; an answer of any status is returned. A PATCH is a merge patch unless a header says otherwise. */
  async request(
    method: Method,
    path: string,
    body?: unknown,
    headers: RequestHeaders = {},
  ): Promise<ApiAnswer> {
    const type = method === "PATCH" ? "application/merge-patch+json" : "application/json";
    const response = await request(this.#credentials.url + path, {
      method,
      dispatcher: this.#agent,
      headers: { authorization: `Bearer ${this.#credentials.token}`, "content-type": type, ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.body.text();
    const isJson = String(response.headers["content-type"]).includes("json");
    return { status: response.statusCode, body: isJson ? JSON.parse(text) : text };
  }

  /**
   * The body of the answer to a request that has to succeed.
   *
   * @throws Error with the server's message for any status but 2xx.
   */
  async must(
    method: Method,
    path: string,
    body?: unknown,
    headers?: RequestHeaders,
  ): Promise<ApiAnswer["body"]> {
    const answer = await this.request(method, path, body, headers);
    if (answer.status >= 200 && answer.status < 300) return answer.body;
    throw new Error(
      `${method} ${path}: ${answer.status} ${answer.body?.message ?? JSON.stringify(answer.body)}`,
    );
  }

  /** Closes the connections; requests that are under way are ended. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}
