import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** How a link fails: as a host that refuses connections, or as a cable that was pulled. */
export type Break = "refused" | "silent";

/** A way to a loopback port that can be broken and mended: whoever connects to `port` reaches `target` meanwhile. */
export class SeverableLink {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #break: Break | undefined;

  private constructor(target: number) {
    this.#server = createServer((near) => this.#join(near, target));
  }

  static async open(port: number, target: number): Promise<SeverableLink> {
    const link = new SeverableLink(target);
    link.#server.listen(port, "127.0.0.1");
    await once(link.#server, "listening");
    return link;
  }

  /** Ends what goes over it, or lets nothing through any more; what was under way goes on once it is mended. */
  sever(how: Break): void {
    this.#break = how;
    for (const socket of this.#sockets) {
      if (how === "refused") socket.destroy();
      else socket.pause();
    }
  }

  mend(): void {
    this.#break = undefined;
    for (const socket of this.#sockets) socket.resume();
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await once(this.#server, "close");
  }

  #join(near: Socket, target: number): void {
    if (this.#break === "refused") {
      near.destroy();
      return;
    }
    const far = connect(target, "127.0.0.1");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(one);
      // No back-pressure: peers on one machine keep up, and a pipe would resume what was paused here.
      one.on("data", (bytes) => other.write(bytes));
      one.on("error", () => undefined);
      one.on("close", () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      if (this.#break === "silent") one.pause();
    }
  }
}
