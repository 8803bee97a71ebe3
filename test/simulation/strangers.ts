import { type KubeObject, pathOf } from "../../lib/cluster/objects.ts";
import type { Store } from "../../lib/embedded/store.ts";
import { STRANGERS_LABEL } from "./cluster.ts";
import type { StrangerAct, StrangersKind } from "./history.ts";

/** Does what a stranger does, if it can be done; the API server refuses the rest. */
export function doAct(store: Store, act: StrangerAct): void {
  const { namespace, name } = act;
  const place = namespace === "" ? { kind: act.kind } : { kind: act.kind, namespace };
  const path = pathOf({ ...place, name });
  switch (act.act) {
    case "create":
      store.handle({ method: "POST", path: pathOf(place), body: objectOf(act.kind, namespace, name) });
      return;
    case "edit":
      store.handle({
        method: "PATCH",
        path,
        contentType: "application/merge-patch+json",
        body: editOf(act.kind),
      });
      return;
    case "delete":
      store.handle({ method: "DELETE", path });
  }
}

function objectOf(kind: StrangersKind, namespace: string, name: string): KubeObject {
  const metadata = { name, ...(namespace === "" ? {} : { namespace }), labels: { owner: "stranger" } };
  switch (kind) {
    case "Namespace":
      return { apiVersion: "v1", kind, metadata };
    case "Service":
      return {
        apiVersion: "v1",
        kind,
        metadata,
        spec: { selector: { app: "theirs" }, ports: [{ port: 8000 }] },
      };
    case "BoundEndpoint":
      return {
        apiVersion: "bindings.k8s.ngrok.com/v1alpha1",
        kind,
        metadata,
        spec: {
          endpointURL: "http://their.own:80",
          scheme: "http",
          port: 65_000,
          target: { service: "their", namespace: "own", protocol: "TCP", port: 80 },
        },
      };
  }
}

/** A label of their own, and a field that is ours where the object is. */
function editOf(kind: StrangersKind): unknown {
  const metadata = { labels: { [STRANGERS_LABEL]: "by-a-stranger" } };
  switch (kind) {
    case "Namespace":
      return { metadata };
    case "Service":
      return { metadata, spec: { sessionAffinity: "None" } };
    case "BoundEndpoint":
      return { metadata, spec: { scheme: "tls" } };
  }
}
