import { request } from "node:https";
import type { TLSSocket } from "node:tls";
import { resourceName } from "../../../components/container/spec.ts";
import { internalRoot } from "../../../components/edge/spec.ts";
import { runner } from "./host.ts";

export interface NamedReply {
  readonly status: number;
  readonly body: string;
  /** Names that the certificate is for, e.g. `DNS:tmws.localhost`. */
  readonly names: string;
}

/** The own CA of a stack's edge. */
export async function rootOf(stack: string): Promise<string> {
  const root = await runner.get(resourceName({ stack, system: "" }, "edge"), internalRoot);
  if (root === undefined) throw new Error(`the edge of stack ${stack} has no CA yet`);
  return root;
}

/** A GET by https as a user makes it, certificate verified. `host`: what the header says, the name itself by default. */
export function getByName(
  edge: { readonly ca: string; readonly port: number },
  name: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<NamedReply> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: "127.0.0.1",
        port: edge.port,
        ca: edge.ca,
        servername: name,
        path,
        headers: { host: `${name}:${edge.port}`, ...headers },
        agent: false,
        timeout: 15_000,
      },
      (response) => {
        const names = (response.socket as TLSSocket).getPeerCertificate().subjectaltname ?? "";
        let body = "";
        response.setEncoding("utf8").on("data", (text: string) => {
          body += text;
        });
        response.on("error", reject).on("end", () => resolve({ status: response.statusCode ?? 0, body, names }));
      },
    );
    call.on("timeout", () => call.destroy(new Error("no answer within 15 s")));
    call.on("error", reject);
    call.end();
  });
}
