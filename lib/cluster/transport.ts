/** One HTTP request to a Kubernetes API server. */
export type ApiRequest = {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query, for example `/api/v1/namespaces/x/services?dryRun=All`. */
  path: string;
  contentType?: string;
  accept?: string;
  /** A JSON value. */
  body?: unknown;
};

/** What the API server answered: an object, a list, or a `Status`. */
export type ApiResponse = {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  /** A parsed JSON value; a string where the answer was no JSON. */
  body: unknown;
};

/**
 * Sends one request. Rejects where no answer came: connection refused or lost, `signal` aborted. What
 * status codes mean is not its business.
 */
export type Transport = (request: ApiRequest, signal: AbortSignal) => Promise<ApiResponse>;
