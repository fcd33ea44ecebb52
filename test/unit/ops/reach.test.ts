import { once } from "node:events";
import { createServer } from "node:net";
import { describe, expect, test } from "vitest";
import { closedToUs, closedWords, straightTo } from "../../../ops/reach.ts";

describe("where ssh goes to", () => {
  test("is what ~/.ssh/config makes of the name", () => {
    expect(straightTo("host prod\nuser deploy\nhostname 203.0.113.7\nport 22\n")).toBe("203.0.113.7");
  });

  test.each(["proxycommand aws ssm start-session --target i-0", "proxyjump gate.example.org"])(
    "is not known by way of another: %s",
    (line) => {
      expect(straightTo(`hostname 203.0.113.7\n${line}\n`)).toBeUndefined();
    },
  );

  test("is known where config takes a jump back", () => {
    expect(straightTo("hostname 203.0.113.7\nproxyjump none\n")).toBe("203.0.113.7");
  });
});

describe("a port that Slipway opens", () => {
  const walls = { list: async () => [{ id: "c1", name: "f", labels: {}, state: "running" as const, image: "i" }] };

  /** A port of the loopback that listens, and then the same one when nobody does. */
  async function asked(work: (port: number) => Promise<readonly string[]>, listening: boolean) {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" && address !== null ? address.port : 0;
    const end = async () => {
      server.close();
      await once(server, "close");
    };
    if (!listening) await end();
    try {
      return { port, said: await work(port) };
    } finally {
      if (listening) await end();
    }
  }
  const here = "ssh://deploy@127.0.0.1";

  test("and that answers from here is not spoken of", async () => {
    const { said } = await asked((port) => closedToUs(walls, "blue", here, port), true);
    expect(said).toEqual([]);
  });

  test("and that does not answer is closed by another firewall, with the command of each", async () => {
    const { port, said } = await asked((each) => closedToUs(walls, "blue", here, each), false);
    expect(said).toEqual(closedWords("127.0.0.1", port));
    expect(said.join("\n")).toContain(`sudo ufw allow ${port}/tcp`);
  });

  test("is nothing without a firewall of the stack's, without https, and on this machine itself", async () => {
    const { said } = await asked(
      async (port) => [
        ...(await closedToUs({ list: async () => [] }, "blue", here, port)),
        ...(await closedToUs(walls, "blue", here, undefined)),
        ...(await closedToUs(walls, "blue", "unix:///var/run/docker.sock", port)),
        ...(await closedToUs(walls, "blue", undefined, port)),
      ],
      false,
    );
    expect(said).toEqual([]);
  });
});
