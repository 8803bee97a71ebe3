/** Which operator namespace an event's endpoint lives in: the judge that comes first, before there is a record. */
import { type Problem, quote } from "../endpoint/problem.ts";

export type AccountSettings = {
  /** The namespace of the one account, where there is no map. */
  readonly operatorNamespace: string;
  /** Operator namespaces by account id; undefined: one account, whatever the events say. */
  readonly accounts: ReadonlyMap<string, string> | undefined;
};

/** The operator namespace of an account, or why it has none. */
export function operatorNamespaceOf(
  account: string | undefined,
  settings: AccountSettings,
): { ok: true; namespace: string } | { ok: false; problem: Problem } {
  if (settings.accounts === undefined) return { ok: true, namespace: settings.operatorNamespace };
  if (account === undefined) {
    const message =
      "the event names no account; account_id, or a CloudEvent's source or accountid, must name one of ACCOUNTS";
    return { ok: false, problem: { at: "account_id", reason: "AccountMissing", message } };
  }
  const namespace = settings.accounts.get(account);
  if (namespace !== undefined) return { ok: true, namespace };
  const message = `account ${quote(account)} is not served here; it must be one of ACCOUNTS`;
  return { ok: false, problem: { at: "account_id", reason: "AccountUnknown", message } };
}
