/** Port 9090, inside the network: metrics, and the same health as on 3001. CORS is for pages that show them. */
import { createServer } from "node:http";
import { answer } from "./answer.mjs";
import { exposition } from "./metrics.mjs";

function corsHeaders({ cors, origins }, origin) {
  if (!cors || origin === undefined || !(origins.includes("*") || origins.includes(origin))) return {};
  return { "access-control-allow-origin": origins.includes("*") ? "*" : origin, vary: "origin" };
}

async function page(path, context) {
  if (path === "/metrics") return [200, "text/plain; version=0.0.4", await exposition()];
  if (path !== "/health") return [404, "text/plain", "not found\n"];
  const reply = await answer('{"method":"health"}', { ...context, connection: {} });
  return [reply.ok ? 200 : 503, "application/json", `${JSON.stringify(reply.result ?? reply.error)}\n`];
}

export async function listenHttp(port, context) {
  const server = createServer(async (request, response) => {
    const [status, type, body] = await page(request.url, context);
    response
      .writeHead(status, { "content-type": type, ...corsHeaders(context.settings, request.headers.origin) })
      .end(body);
  });
  await new Promise((resolve, reject) => server.once("error", reject).listen(port, resolve));
  return server;
}
