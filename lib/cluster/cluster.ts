import { ClusterError, errorOf, timeIsUp } from "./errors.ts";
import { type Kind, type Kinds, type KubeObject, pathOf, type Ref } from "./objects.ts";
import type { ApiRequest, ApiResponse, Transport } from "./transport.ts";

export const FIELD_MANAGER = "pushbind";

const METADATA_ONLY = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/** A JSON merge patch (RFC 7396): `null` removes. */
export type MergePatch = { [field: string]: unknown };

/** The object as it was read: a write that finds it otherwise fails. */
export type Precondition = { uid: string; resourceVersion: string };

/**
 * The cluster as one delivery sees it: the only code that talks to the API server. Reads are by name, never
 * from a cache (no `resourceVersion` is sent, so they are linearizable). Errors are `ClusterError`s.
 */
export interface Cluster {
  /** The object, or undefined where there is none. */
  get<K extends Kind>(ref: Ref<K>): Promise<Kinds[K] | undefined>;
  /**
   * Which version of the object there is now, undefined where there is none. For a large object it is much cheaper
   * than the object: https://kubernetes.io/docs/reference/using-api/api-concepts/#metadata-only-fetches
   */
  getVersion(ref: Ref): Promise<Precondition | undefined>;
  /** The port claims of an operator namespace. A consistent list costs some forty gets, so nothing else is listed. */
  listLeases(namespace: string, labelSelector: string): Promise<Kinds["Lease"][]>;
  /** Fails with `precondition` where the name is taken, with `notFound` where the namespace is missing. */
  create<K extends Kind>(object: Kinds[K] & { kind: K }): Promise<Kinds[K]>;
  /** Changes the object (or its status), if it is still at `resourceVersion`; else fails with `precondition`. */
  patch<K extends Kind>(
    ref: Ref<K>,
    resourceVersion: string,
    patch: MergePatch,
    subresource?: "status",
  ): Promise<Kinds[K]>;
  /**
   * Deletes the object, if it still is the one that was read; else fails with `precondition`. Returns the object
   * where it is still there, because it waits for finalizers.
   */
  delete<K extends Kind>(ref: Ref<K>, precondition: Precondition): Promise<Kinds[K] | undefined>;
}

export type ClusterOptions = {
  /** When this ends, nothing more is sent and what is in flight is given up. */
  signal: AbortSignal;
  /** Every write is sent with `dryRun=All`: the API server says what it would do, and does nothing. */
  dryRun?: boolean;
};

/** The cluster behind a transport. */
export function clusterOver(transport: Transport, { signal, dryRun = false }: ClusterOptions): Cluster {
  const query = `fieldManager=${FIELD_MANAGER}${dryRun ? "&dryRun=All" : ""}`;

  async function send(request: ApiRequest): Promise<ApiResponse> {
    if (signal.aborted) throw timeIsUp(signal.reason);
    try {
      return await transport({ accept: "application/json", ...request }, signal);
    } catch (error) {
      if (signal.aborted) throw timeIsUp(error);
      throw new ClusterError("tryAgain", `the API server could not be reached: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  }

  /** Undefined where there is nothing to read. */
  async function read(request: ApiRequest): Promise<ApiResponse | undefined> {
    const response = await send(request);
    if (response.status === 404) return undefined;
    if (response.status !== 200) throw errorOf(response, request);
    return response;
  }

  async function expectObject<T>(request: ApiRequest): Promise<T> {
    const response = await send(request);
    if (response.status < 200 || response.status > 299) throw errorOf(response, request);
    return response.body as T;
  }

  return {
    async get(ref) {
      const response = await read({ method: "GET", path: pathOf(ref) });
      return response?.body as Kinds[typeof ref.kind];
    },

    async getVersion(ref) {
      const response = await read({ method: "GET", path: pathOf(ref), accept: METADATA_ONLY });
      if (response === undefined) return undefined;
      const { uid = "", resourceVersion = "" } = (response.body as KubeObject).metadata;
      return { uid, resourceVersion };
    },

    async listLeases(namespace, labelSelector) {
      const path = `${pathOf({ kind: "Lease", namespace })}?labelSelector=${encodeURIComponent(labelSelector)}`;
      const list = await expectObject<{ items: Kinds["Lease"][] }>({ method: "GET", path });
      return list.items;
    },

    create(object) {
      const { namespace } = object.metadata;
      const collection = namespace === undefined ? { kind: object.kind } : { kind: object.kind, namespace };
      const path = `${pathOf(collection)}?${query}&fieldValidation=Strict`;
      return expectObject({ method: "POST", path, contentType: "application/json", body: object });
    },

    patch(ref, resourceVersion, patch, subresource) {
      const metadata = { ...(patch.metadata as object | undefined), resourceVersion };
      const path = `${pathOf(ref)}${subresource === undefined ? "" : `/${subresource}`}?${query}&fieldValidation=Strict`;
      const body = { ...patch, metadata };
      return expectObject({
        method: "PATCH",
        path,
        contentType: "application/merge-patch+json",
        body,
      });
    },

    async delete(ref, { uid, resourceVersion }) {
      const body = {
        apiVersion: "v1",
        kind: "DeleteOptions",
        preconditions: { uid, resourceVersion },
        ...(dryRun ? { dryRun: ["All"] } : {}),
      };
      const path = pathOf(ref);
      const request = { method: "DELETE", path, contentType: "application/json", body } as const;
      const response = await send(request);
      if (response.status < 200 || response.status > 299) throw errorOf(response, request);
      const left = response.body as Kinds[typeof ref.kind] | undefined;
      return left?.kind === ref.kind && left.metadata.finalizers?.length ? left : undefined;
    },
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error && error.cause.message !== "" ? error.cause.message : error.message;
}
