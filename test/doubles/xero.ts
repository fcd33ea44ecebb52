import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/** A DOUBLE of Xero for tests: tokens that rotate as Xero's do, each refresh token good once, and invoices that are only counted. */
export class XeroDouble {
  readonly invoices: { readonly reference: string; readonly body: string }[] = [];
  /** The one refresh token that is good now. */
  refreshToken: string;
  refreshes = 0;
  #accessToken = "";
  readonly #server: Server;
  #url = "";

  private constructor(refreshToken: string) {
    this.refreshToken = refreshToken;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) =>
        response.destroy(error instanceof Error ? error : undefined),
      );
    });
  }

  static async start(address: string, refreshToken: string): Promise<XeroDouble> {
    const double = new XeroDouble(refreshToken);
    double.#server.listen(0, address);
    await once(double.#server, "listening");
    const at = double.#server.address();
    if (at === null || typeof at === "string") throw new Error("the double of Xero has no port");
    double.#url = `http://${address}:${at.port}`;
    console.log(`  a DOUBLE of Xero answers at ${double.#url}`);
    return double;
  }

  get url(): string {
    return this.#url;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { status, json } = this.#reply(request, body);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
  }

  #reply({ url, headers }: IncomingMessage, body: string): { readonly status: number; readonly json: unknown } {
    if (url === "/connect/token") {
      if (new URLSearchParams(body).get("refresh_token") !== this.refreshToken)
        return { status: 400, json: { error: "invalid_grant" } };
      this.refreshes += 1;
      this.refreshToken = `refresh-${randomBytes(8).toString("hex")}`;
      this.#accessToken = `access-${randomBytes(8).toString("hex")}`;
      return {
        status: 200,
        json: { access_token: this.#accessToken, refresh_token: this.refreshToken, expires_in: 1800 },
      };
    }
    if (url !== "/Invoices") return { status: 404, json: {} };
    if (headers.authorization !== `Bearer ${this.#accessToken}`) return { status: 401, json: {} };
    const [invoice] = (JSON.parse(body) as { Invoices: { Reference: string }[] }).Invoices;
    this.invoices.push({ reference: invoice?.Reference ?? "", body });
    return { status: 200, json: { Invoices: [{ InvoiceID: `invoice-${this.invoices.length}` }] } };
  }
}
