import type { Answer } from "./targets.ts";

/**
 * Makes what two API servers answered to the same requests comparable: what each assigns for itself (uids, times,
 * addresses, revisions) is replaced by what it is, and what the order of a Go map decides is sorted. Revisions keep
 * their identity: the first one seen is `<revision 1>`, and the same again wherever it stands.
 */
export class Normalizer {
  readonly #namespaces: ReadonlyMap<string, string>;
  readonly #revisions = new Map<string, string>();

  /** @param namespaces names of the test's own namespaces, and what to call them */
  constructor(namespaces: ReadonlyMap<string, string>) {
    this.#namespaces = namespaces;
  }

  answer({ status, warnings, body }: Answer): unknown {
    const normal = { status, body: this.value(body) };
    // The real API server also warns of fields of what it refuses, on and off.
    return warnings.length === 0 || status > 299 ? normal : { ...normal, warnings: [...warnings].sort() };
  }

  value(value: unknown): unknown {
    if (typeof value === "string") return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    if (typeof value !== "object" || value === null) return value;
    const object = value as Record<string, unknown>;
    if (object.kind === "Status") return this.#fields(statusOf(object));
    if (object.kind === "Table") return this.#fields(tableOf(object));
    return this.#fields(object);
  }

  /** Text with names, times, addresses and uids replaced. */
  text(text: string): string {
    let normal = text;
    for (const [name, called] of this.#namespaces) normal = normal.replaceAll(name, called);
    return (
      normal
        .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, "<uid>")
        .replaceAll(/\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, "<time>")
        .replaceAll(/\b10\.\d+\.\d+\.\d+\b/g, "<address>")
        .replaceAll(/\bgen-[a-z0-9]{5}\b/g, "gen-<suffix>")
        // The embedded API takes neither protocol buffers nor server-side apply.
        .replaceAll(/accepted media types include: .*/g, "accepted media types include: <types>")
        .replaceAll(/record \(\d+\)/g, "record (<revision>)")
    );
  }

  /** What kubectl printed: further, ages are replaced and columns no longer aligned. */
  output(text: string): string {
    return this.text(text)
      .replaceAll(/Invalid value: ".*": (?=strict decoding)/g, 'Invalid value: "<object>": ')
      .replaceAll(/(resourceVersion: |Resource Version: +|"resourceVersion": )"?\d+"?/g, "$1<revision>")
      .replaceAll(/(?<=\s)\d+(s|m|m\d+s)(?=\s)/g, "<age>")
      .replaceAll(/ {2,}/g, "  ")
      .replaceAll(/ +$/gm, "")
      .replaceAll(REPAIRED_ADDRESS, "Events:  <none>\n");
  }

  #fields(object: Record<string, unknown>): unknown {
    const normal: Record<string, unknown> = {};
    for (const key of Object.keys(object).sort()) {
      // Field ownership is not kept by the embedded API.
      if (key === "managedFields") continue;
      normal[key] =
        key === "resourceVersion" ? this.#revision(object, String(object[key])) : this.value(object[key]);
    }
    return normal;
  }

  #revision(holder: Record<string, unknown>, revision: string): string {
    // A list's revision also counts what others do.
    if (holder.uid === undefined) return "<revision>";
    const known = this.#revisions.get(revision) ?? `<revision ${this.#revisions.size + 1}>`;
    this.#revisions.set(revision, known);
    return known;
  }
}

/**
 * What kubectl prints of the events of a Service that the real API server's own check of all addresses, every three
 * minutes, came upon between the allocation of its address and the record of that.
 */
const REPAIRED_ADDRESS =
  /Events:\n {2}Type .*\n {2}---- .*\n(?: {2}Warning {2}ClusterIPNotAllocated .*\n?)+/g;

type Cause = { readonly reason: string; readonly message: string; readonly field: string };

/** Causes in order and once each (the real API server runs some validations twice), also where the message has them. */
function statusOf(status: Record<string, unknown>): Record<string, unknown> {
  const { kind: _, ...rest } = status;
  const details = status.details as { causes?: Cause[] } | undefined;
  if (details?.causes === undefined) return { ...rest, message: withoutObject(String(status.message)) };
  const keyed = details.causes.map(
    (cause) => [`${cause.field}: ${withoutObject(cause.message)}`, cause] as const,
  );
  const causes = [...new Map(keyed)].sort(([a], [b]) => (a < b ? -1 : 1));
  const texts = causes.map(([text]) => text);
  const start = String(status.message).split(" is invalid: ")[0];
  const message = status.reason === "Invalid" ? `${start} is invalid: ${texts.join(", ")}` : status.message;
  return {
    ...rest,
    message,
    details: { ...details, causes: causes.map(([text, { reason }]) => `${reason} ${text}`) },
  };
}

/** Some messages show the whole object, managed fields included. */
function withoutObject(message: string): string {
  return message.replace(/Invalid value: "\{.*\}": /s, 'Invalid value: "<object>": ');
}

type Column = {
  readonly name: string;
  readonly type: string;
  readonly format: string;
  readonly priority: number;
};

/** Descriptions of built-in columns are prose, and ages pass. */
function tableOf(table: Record<string, unknown>): Record<string, unknown> {
  const columns = table.columnDefinitions as Column[] | null;
  const rows = table.rows as Array<{ cells: unknown[]; object: unknown }>;
  const names = columns?.map(({ name, type, format, priority }) => `${name} ${type} ${format} ${priority}`);
  const cells = (row: unknown[]) =>
    row.map((cell) => (/^(\d+[smhdy])+$/.test(String(cell)) ? "<age>" : cell));
  return {
    ...table,
    columnDefinitions: names ?? null,
    rows: rows.map((row) => ({ ...row, cells: cells(row.cells) })),
  };
}
