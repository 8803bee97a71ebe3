import { isSameJSON, setMember } from "../event/json.ts";
import { type Draft, isObject } from "./json.ts";

/** A JSON patch that does not apply: a failed test, a path that is not there, an unknown operation. */
export class PatchError extends Error {}

type Operation = {
  readonly op?: unknown;
  readonly path?: unknown;
  readonly from?: unknown;
  readonly value?: unknown;
};

/** JSON patch (RFC 6902). The target stays as it is. Throws a `PatchError`. */
export function jsonPatch(target: unknown, operations: readonly unknown[]): unknown {
  return operations.reduce(apply, target);
}

function apply(target: unknown, operation: unknown): unknown {
  if (!isObject(operation)) throw new PatchError("an operation is an object");
  const { op, path, from, value } = operation as Operation;
  const at = parsePointer(path);
  switch (op) {
    case "add":
      return edit(target, at, () => value, "insert");
    case "remove":
      return edit(target, at, undefined, "existing");
    case "replace":
      return edit(target, at, () => value, "existing");
    case "copy":
      return edit(target, at, () => read(target, parsePointer(from)), "insert");
    case "move": {
      const source = parsePointer(from);
      const moved = read(target, source);
      return edit(edit(target, source, undefined, "existing"), at, () => moved, "insert");
    }
    case "test":
      if (!isSameJSON(readOrNull(target, at), value ?? null)) throw new PatchError(`test of ${path} failed`);
      return target;
    default:
      throw new PatchError(`unknown operation ${String(op)}`);
  }
}

function parsePointer(pointer: unknown): string[] {
  if (typeof pointer !== "string" || (pointer !== "" && !pointer.startsWith("/"))) {
    throw new PatchError("a path is a JSON pointer");
  }
  const parts = pointer.split("/").slice(1);
  return parts.map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function read(target: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, part) => {
    const next = Array.isArray(value) ? value[Number(part)] : ownValue(value, part);
    if (next === undefined) throw new PatchError(`there is no ${part}`);
    return next;
  }, target);
}

function readOrNull(target: unknown, path: readonly string[]): unknown {
  try {
    return read(target, path);
  } catch {
    return null;
  }
}

function ownValue(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

type Make = (() => unknown) | undefined;

/** Sets what is at a path to what `make` returns, or removes it without one. */
function edit(target: unknown, path: readonly string[], make: Make, mode: "insert" | "existing"): unknown {
  const [part, ...rest] = path;
  if (part === undefined) return make?.() ?? null;
  if (Array.isArray(target)) return editList(target, part, rest, make, mode);
  if (!isObject(target)) throw new PatchError(`there is no ${part}`);
  const inserted = mode === "insert" && rest.length === 0;
  if (!inserted && !Object.hasOwn(target, part)) throw new PatchError(`there is no ${part}`);
  const next: Draft = { ...target };
  if (rest.length > 0) setMember(next, part, edit(target[part], rest, make, mode));
  else if (make === undefined) delete next[part];
  else setMember(next, part, make());
  return next;
}

function editList(
  list: readonly unknown[],
  part: string,
  rest: readonly string[],
  make: Make,
  mode: string,
): unknown {
  const end = mode === "insert" && rest.length === 0 ? list.length : list.length - 1;
  const index = part === "-" && mode === "insert" ? list.length : Number(part);
  if (!/^(0|[1-9]\d*|-)$/.test(part) || Number.isNaN(index) || index > end)
    throw new PatchError(`there is no item ${part}`);
  const next = [...list];
  if (rest.length > 0) next[index] = edit(list[index], rest, make, mode as "insert" | "existing");
  else if (make === undefined) next.splice(index, 1);
  else next.splice(index, mode === "insert" ? 0 : 1, make());
  return next;
}
