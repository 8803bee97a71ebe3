/**
 * Generated from the JSON Schemas and the CRDs in this folder by `npm run generate`. Do not edit.
 */

/**
 * The attributes of a CloudEvent 1.0 (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md). Its data is an Endpoint, or a whole event of ngrok's; then that event counts, and type may be anything.
 */
export interface CloudEvent {
  /**
   * the version of CloudEvents
   */
  specversion: "1.0";
  /**
   * the event's id
   */
  id: string;
  /**
   * where the event comes from; .../accounts/ac_... names the ngrok account
   */
  source: string;
  /**
   * what happened
   */
  type: string;
  /**
   * the endpoint's id
   */
  subject?: string;
  /**
   * when it happened, RFC 3339
   */
  time?: string;
  /**
   * the ngrok account, such as ac_2kA...
   */
  accountid?: string;
  /**
   * the media type of data: application/json, or another one of JSON
   */
  datacontenttype?: string;
  /**
   * an Endpoint, or a whole event of ngrok's
   */
  data?: unknown;
  /**
   * the JSON text of data in base64
   */
  data_base64?: string;
  [k: string]: unknown;
}

/**
 * An Endpoint object of ngrok's API (https://ngrok.com/docs/api/resources/endpoints). Empty fields are omitted; only id is always there. Fields that are not listed are kept as they are. What the URL is made of (url, public_url, proto, scheme) and bindings may be of any type here: whether they are right is judged, so that what is wrong with them is recorded with the endpoint.
 */
export interface Endpoint {
  /**
   * the endpoint's id, such as ep_2kA...
   */
  id: string;
  /**
   * identifier of the region
   */
  region?: string;
  /**
   * when the endpoint was created, RFC 3339
   */
  created_at?: string;
  /**
   * when the endpoint was last changed, RFC 3339
   */
  updated_at?: string;
  /**
   * the URL, [http|tcp]://name.namespace[:port]
   */
  url?: unknown;
  /**
   * the URL where url is absent (deprecated by ngrok)
   */
  public_url?: unknown;
  /**
   * the scheme where the URL has none
   */
  proto?: unknown;
  /**
   * the scheme where neither the URL nor proto has one
   */
  scheme?: unknown;
  /**
   * a list of strings, at most one; ["kubernetes"] for a Kubernetes endpoint
   */
  bindings?: unknown;
  /**
   * host and port of the URL
   */
  hostport?: string;
  /**
   * host of the URL
   */
  host?: string;
  /**
   * port of the URL
   */
  port?: number;
  /**
   * the kind of endpoint: agent, cloud, edge, ephemeral
   */
  type?: string;
  /**
   * text of the user's own, often JSON; ngrok allows 4096 bytes
   */
  metadata?: string;
  /**
   * the user's description; ngrok allows 255 bytes
   */
  description?: string;
  domain?: Reference;
  principal?: Reference;
  /**
   * neither read nor stored: it may hold secrets
   */
  traffic_policy?: unknown;
  /**
   * URI of the endpoint in ngrok's API
   */
  uri?: string;
  /**
   * the user's name for the endpoint
   */
  name?: string;
  /**
   * whether other endpoints may have the same URL
   */
  pooling_enabled?: boolean;
  [k: string]: unknown;
}
/**
 * a reference to another object of ngrok's API
 */
export interface Reference {
  /**
   * id of the object
   */
  id?: string;
  /**
   * URI of the object in ngrok's API
   */
  uri?: string;
  [k: string]: unknown;
}

/**
 * The envelope of ngrok's events (https://ngrok.com/docs/obs/events). The endpoint in it is checked against endpoint.json.
 */
export interface NgrokEvent {
  /**
   * the event's id, such as ev_2kA...
   */
  event_id?: string;
  /**
   * what happened to the endpoint
   */
  event_type: "endpoint_created.v0" | "endpoint_updated.v0" | "endpoint_deleted.v0";
  /**
   * when it happened, RFC 3339
   */
  event_timestamp?: string;
  /**
   * the ngrok account, such as ac_2kA...
   */
  account_id?: string;
  /**
   * the endpoint, an Endpoint object of ngrok's API
   */
  object?: unknown;
  [k: string]: unknown;
}

/**
 * The settings, as environment variables; those that hold JSON are parsed already. A description says what is right, so that it can follow "it must be".
 */
export interface Environment {
  /**
   * a port number from 0 to 65535; 0 takes a free one
   */
  PORT: string;
  /**
   * the IP address to listen on; :: is every address of the machine, of IPv4 too
   */
  HOST: string;
  /**
   * the name of a namespace: 1 to 63 letters a-z, digits and hyphens, no hyphen at either end
   */
  OPERATOR_NAMESPACE: string;
  /**
   * the domain of the cluster's Services: a DNS name in lower case without a trailing dot
   */
  CLUSTER_DOMAIN: string;
  /**
   * a JSON list of CEL expressions, of which any one selects an endpoint, such as ["endpoint.namespace == 'billing'"]
   *
   * Items: a CEL expression
   */
  ENDPOINT_SELECTORS: string[];
  /**
   * patterns of namespaces, separated by commas; empty allows all
   */
  ALLOWED_NAMESPACES: string;
  /**
   * patterns of namespaces, separated by commas
   */
  DENIED_NAMESPACES: string;
  /**
   * a JSON map of labels, such as {"team": "billing"}
   */
  TARGET_LABELS: {
    /**
     * the value of a label: up to 63 letters, digits, -, _ and ., a letter or digit at both ends
     */
    [k: string]: string;
  };
  /**
   * a JSON map of annotations, such as {"example.com/owner": "billing"}
   */
  TARGET_ANNOTATIONS: {
    /**
     * the value of an annotation
     */
    [k: string]: string;
  };
  /**
   * true, or false to leave the ports out of the target Services
   */
  TARGET_PORTS: "true" | "false";
  /**
   * the labels of the forwarder's pods, such as app=forwarder,tier=edge
   */
  UPSTREAM_SELECTOR: string;
  /**
   * the first and the last port that the forwarder may listen on, such as 10000-65535
   */
  PORT_RANGE: string;
  /**
   * a JSON map from account id to operator namespace, such as {"ac_1": "ngrok-operator"}
   */
  ACCOUNTS?: {
    /**
     * the name of a namespace: 1 to 63 letters a-z, digits and hyphens, no hyphen at either end
     */
    [k: string]: string;
  };
  /**
   * trace, debug, info, warn, error, fatal or silent
   */
  LOG_LEVEL: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
  /**
   * kubeconfig, for the cluster that kubectl would talk to, or embedded
   */
  CLUSTER: "kubeconfig" | "embedded";
  [k: string]: unknown;
}

/**
 * The desired state of the BoundEndpoint.
 */
export interface BoundEndpointSpec {
  /**
   * The unique identifier of the BoundEndpoint and its endpoints, in the form <scheme>://<service>.<namespace>:<port>.
   */
  endpointURL: string;
  /**
   * The Service port that this endpoint uses internally to communicate with its upstream Service: the forwarder listens on it, and no other BoundEndpoint of the namespace has it.
   */
  port: number;
  /**
   * How the data packets are framed by the forwarder pods' mTLS connection. One of tcp, http, https, tls.
   */
  scheme: "tcp" | "http" | "https" | "tls";
  /**
   * The target Service that this endpoint projects.
   */
  target: {
    /**
     * A subset of the standard object metadata that is added to the Service that this endpoint projects.
     */
    metadata?: {
      /**
       * Keys and values that are added to the annotations of the projected Service.
       */
      annotations?: {
        /**
         * The value of the annotation.
         */
        [k: string]: string;
      };
      /**
       * Keys and values that are added to the labels of the projected Service.
       */
      labels?: {
        /**
         * The value of the label.
         */
        [k: string]: string;
      };
    };
    /**
     * The namespace of the Service that this endpoint projects.
     */
    namespace: string;
    /**
     * The port on which the projected Service takes requests.
     */
    port: number;
    /**
     * The protocol of the Service that this endpoint projects. Only TCP is supported.
     */
    protocol: "TCP";
    /**
     * The name of the Service that this endpoint projects.
     */
    service: string;
  };
}

/**
 * What is known of the endpoint's projection into the cluster.
 */
export interface BoundEndpointStatus {
  /**
   * The conditions Ready, ServicesCreated and ConnectivityVerified.
   *
   * Items: One aspect of the state that the endpoint's projection is in.
   */
  conditions?: {
    /**
     * When the status of the condition last changed.
     */
    lastTransitionTime: string;
    /**
     * Why the condition is as it is, in a sentence for people.
     */
    message: string;
    /**
     * The metadata.generation of the BoundEndpoint that the condition was found for.
     */
    observedGeneration?: number;
    /**
     * Why the condition is as it is, in one CamelCase word for programs.
     */
    reason: string;
    /**
     * Whether the condition holds. One of True, False, Unknown.
     */
    status: "True" | "False" | "Unknown";
    /**
     * The name of the condition, in CamelCase.
     */
    type: string;
  }[];
  /**
   * The ngrok endpoints that have this URL and pool here.
   *
   * Items: One ngrok endpoint.
   */
  endpoints?: {
    /**
     * The id of the endpoint in ngrok's API.
     */
    id: string;
    /**
     * The URI of the endpoint in ngrok's API.
     */
    uri?: string;
  }[];
  /**
   * The number of endpoints bound here, for people, such as "2 endpoints".
   */
  endpointsSummary?: string;
  /**
   * The name of the BoundEndpoint and of its upstream Service, "ngrok-" and a UUID of version 5 of spec.endpointURL.
   */
  hashedName?: string;
  /**
   * The target Service, in the namespace that the URL names.
   */
  targetServiceRef?: {
    /**
     * The name of the target Service.
     */
    name: string;
    /**
     * The namespace of the target Service.
     */
    namespace: string;
  };
  /**
   * The upstream Service, in the namespace of the BoundEndpoint.
   */
  upstreamServiceRef?: {
    /**
     * The name of the upstream Service.
     */
    name: string;
  };
}

/**
 * The ledger.
 */
export interface BoundHostSpec {
  /**
   * The host name, <service>.<namespace>. The object has the same name.
   */
  host: string;
  /**
   * Counts up whenever the set of URLs with a live entry changes. Each object of the host carries the epoch that it was made or confirmed in.
   */
  epoch: number;
  /**
   * The endpoints on this host, and those that left it lately, by ngrok endpoint id.
   */
  entries: {
    [k: string]: {
      /**
       * What the entries of one endpoint are ordered by, the greatest wins: time (RFC 3339 in UTC, at the precision that was sent), kind (upsert or delete, which is greater) and id of its event, a hash of the endpoint as received, and the generation of its EndpointRecord.
       */
      key: string;
      /**
       * The canonical URL that the endpoint is bound to; absent where it has left the host.
       */
      url?: string;
      /**
       * When ngrok created the endpoint, RFC 3339 in UTC. The oldest endpoint goes first.
       */
      createdAt?: string;
      /**
       * The ngrok API's URI of the endpoint.
       */
      uri?: string;
      /**
       * When the endpoint was seen to have left the host; such an entry is dropped some minutes later.
       */
      leftAt?: string;
    };
  };
  /**
   * The URLs of this host, and those that were given up lately, each with its port.
   */
  urls: {
    /**
     * The canonical URL.
     */
    url: string;
    /**
     * The forwarder's port for this URL; absent where none was left.
     */
    port?: number;
    /**
     * Since when no endpoint has this URL; it is given up some minutes later.
     */
    emptySince?: string;
  }[];
  /**
   * The ledger in short, for those who read tables.
   */
  summary: {
    /**
     * The URLs with an endpoint.
     */
    urls: string;
    /**
     * The number of endpoints on this host.
     */
    endpoints: number;
    /**
     * NoPortLeft where a URL could get no port at the forwarder.
     */
    problem?: string;
  };
}

/**
 * The newest state of the endpoint.
 */
export interface EndpointRecordSpec {
  /**
   * The ngrok endpoint id. The object's name is derived from it and it never changes.
   */
  id: string;
  /**
   * The ngrok account that the newest event named, if it named one.
   */
  account?: string;
  /**
   * What events of one endpoint are ordered by: time, then kind (a delete is greater than an upsert), then event id, then content. The greatest wins, in whatever order they arrive.
   */
  key: {
    /**
     * Time of the event, RFC 3339 in UTC at the precision that was sent.
     */
    time: string;
    /**
     * Whether the endpoint was created or changed, or was deleted.
     */
    kind: "upsert" | "delete";
    /**
     * The event's id, or a hash of its body where it has none.
     */
    eventId: string;
    /**
     * Hash of the endpoint as received.
     */
    content: string;
  };
  /**
   * The endpoint as received, without its traffic policy.
   */
  endpoint: {
    [k: string]: unknown;
  };
  /**
   * What was decided on the endpoint, and why.
   */
  verdict: {
    /**
     * Bound: its host name is served. Excluded: not for this cluster. Rejected: against the rules. Deleted: the endpoint is gone.
     */
    state: "Bound" | "Excluded" | "Rejected" | "Deleted";
    /**
     * A programmatic identifier of the reason.
     */
    reason: string;
    /**
     * The reason in words.
     */
    message: string;
    /**
     * The canonical URL that it is bound to; only with the state Bound.
     */
    url?: string;
    /**
     * The in-cluster host name, <service>.<namespace>; only with the state Bound.
     */
    host?: string;
  };
  /**
   * Every host name that the endpoint has been on, the present one included. Each is looked after at every delivery, so that nothing is left where the endpoint was before.
   */
  hosts: string[];
  /**
   * When this spec was last written, RFC 3339 in UTC.
   */
  writtenAt: string;
}

/**
 * What the last delivery of this endpoint came to, where something kept it from being ready; empty where nothing did. What holds now stands in the conditions of the BoundEndpoint.
 */
export interface EndpointRecordStatus {
  /**
   * A programmatic identifier of the problem.
   */
  reason?: string;
  /**
   * The problem in words.
   */
  message?: string;
}
