import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** Stands between a client and a server on the loopback interface, and passes bytes on, unless told otherwise. */
export type TcpProxy = {
  readonly port: number;
  /** How many connections clients have opened so far. */
  connections(): number;
  /** From now on nothing that clients send is passed on; the promise settles when the first of it has come. */
  hold(): Promise<void>;
  /** Passes on what was held, and all that follows. */
  release(): void;
  /** Ends all connections and refuses new ones, until `open`. */
  shut(): Promise<void>;
  open(): Promise<void>;
};

/** A proxy in front of a port of 127.0.0.1. */
export async function startTcpProxy(serverPort: number): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let held: (() => void)[] | undefined;
  let firstHeld = () => {};

  const server = createServer((client) => {
    connections++;
    const upstream = connect(serverPort, "127.0.0.1");
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    upstream.pipe(client);
    client.on("data", (chunk) => {
      if (held === undefined) upstream.write(chunk);
      else {
        held.push(() => upstream.write(chunk));
        firstHeld();
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  return {
    port,
    connections: () => connections,
    hold() {
      held = [];
      return new Promise((resolve) => {
        firstHeld = resolve;
      });
    },
    release() {
      const waiting = held ?? [];
      held = undefined;
      for (const pass of waiting) pass();
    },
    async shut() {
      const closed = once(server.close(), "close");
      for (const socket of sockets) socket.destroy();
      await closed;
    },
    async open() {
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
    },
  };
}
