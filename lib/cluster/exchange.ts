import type { Dispatcher } from "undici";
import type { ApiResponse } from "./transport.ts";

/**
 * Sends one HTTP request and reads the whole answer. Rejects where none came, with what the system says, and with the
 * reason of `signal` as soon as that ends.
 *
 * It is a handler of undici's own, below its `fetch` and its `request`: for an answer that is read whole, the streams of
 * the one take two thirds of the CPU of a call, those of the other a tenth (test/bench/transport.ts).
 */
export function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  signal: AbortSignal,
): Promise<ApiResponse> {
  if (signal.aborted) return Promise.reject(signal.reason);
  const { promise, resolve, reject } = Promise.withResolvers<ApiResponse>();
  const chunks: Buffer[] = [];
  let controller: Dispatcher.DispatchController | undefined;
  let status = 0;
  let headers: ApiResponse["headers"] = {};
  const abort = () => {
    // Nothing may have been sent yet, or ever be: whoever waits is told all the same.
    reject(signal.reason);
    controller?.abort(signal.reason);
  };
  signal.addEventListener("abort", abort, { once: true });
  dispatcher.dispatch(request, {
    onRequestStart(started) {
      controller = started;
      if (signal.aborted) started.abort(signal.reason);
    },
    onResponseStart(_controller, statusCode, received) {
      status = statusCode;
      headers = received as ApiResponse["headers"];
    },
    onResponseData(_controller, chunk) {
      chunks.push(chunk);
    },
    onResponseEnd() {
      signal.removeEventListener("abort", abort);
      resolve({ status, headers, body: parse(Buffer.concat(chunks).toString("utf8")) });
    },
    onResponseError(_controller, error) {
      signal.removeEventListener("abort", abort);
      reject(error);
    },
  });
  return promise;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
