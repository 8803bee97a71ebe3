import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { parse } from "yaml";

/**
 * The configuration that kubectl would use: `KUBECONFIG`, `~/.kube/config`, or the service account of the pod; where
 * there is none of them, one for `http://localhost:8080`.
 *
 * @throws Error that names the file where one cannot be read
 */
export function loadKubeConfig(): KubeConfig {
  const config = new KubeConfig();
  try {
    config.loadFromDefault();
    const tokens = readTokenFiles();
    config.users = config.users.map((user) => {
      const token = tokens.get(user.name);
      return token === undefined ? user : { ...user, token };
    });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // What follows the first line repeats the file, and with it maybe a token.
    throw new Error(
      `the kubeconfig ${files().join(delimiter)} cannot be read: ${message.split("\n", 1)[0]}`,
      {
        cause: error,
      },
    );
  }
  return config;
}

function files(): string[] {
  const named = (process.env.KUBECONFIG ?? "").split(delimiter).filter((file) => file !== "");
  return named.length > 0 ? named : [join(homedir(), ".kube", "config")].filter((file) => existsSync(file));
}

type Users = { users?: { name: string; user?: { tokenFile?: string } | null }[] | null };

/**
 * The tokens that users have in files, by the users' names. A `tokenFile` wins over a `token`
 * (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/#AuthInfo); the client library reads only the latter.
 */
function readTokenFiles(): Map<string, string> {
  const found = files().flatMap((file) => {
    const text = readFileSync(file, "utf8");
    // Hardly any has one, and to read YAML takes a good part of a start.
    if (!text.includes("tokenFile")) return [];
    const { users } = (parse(text) ?? {}) as Users;
    return (users ?? []).flatMap(({ name, user }): [string, string][] =>
      user?.tokenFile ? [[name, readFileSync(resolve(dirname(file), user.tokenFile), "utf8").trim()]] : [],
    );
  });
  // Of two files that name a user, the first counts.
  return new Map(found.reverse());
}
