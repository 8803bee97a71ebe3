import { type FieldError, invalidValue, required } from "./field-error.ts";
import { type JsonObject, listAt, objectAt } from "./json.ts";
import { metadataOf, nameOf, type Resource } from "./resource.ts";
import { annotationErrors, labelErrors, qualifiedNameProblems } from "./syntax.ts";

/** Errors in the name of a new object. */
export function nameErrors(resource: Resource, object: JsonObject): FieldError[] {
  const name = nameOf(object);
  if (name === "") return [required("metadata.name", "name or generateName is required")];
  return resource.nameProblems(name).map((problem) => invalidValue("metadata.name", name, problem));
}

/** Errors in the rest of the metadata that clients set. */
export function metadataErrors(resource: Resource, object: JsonObject): FieldError[] {
  const metadata = metadataOf(object);
  return [
    ...labelErrors(objectAt(metadata, "labels"), "metadata.labels"),
    ...annotationErrors(objectAt(metadata, "annotations"), "metadata.annotations"),
    ...(resource.custom ? [] : finalizerErrors(metadata)),
  ];
}

/** Errors in finalizers of built-in kinds; those of custom resources are only warned of. */
function finalizerErrors(metadata: JsonObject): FieldError[] {
  return listAt(metadata, "finalizers").flatMap((finalizer, index) => {
    const field = "metadata.finalizers";
    const problems = qualifiedNameProblems(String(finalizer));
    if (problems.length > 0) return problems.map((problem) => invalidValue(field, finalizer, problem));
    if (
      String(finalizer).includes("/") ||
      ["orphan", "foregroundDeletion", "kubernetes"].includes(String(finalizer))
    )
      return [];
    return [
      invalidValue(
        `${field}[${index}]`,
        finalizer,
        "name is neither a standard finalizer name nor is it fully qualified",
      ),
    ];
  });
}
