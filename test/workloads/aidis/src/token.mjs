/** Session tokens: JWT, HS256, signed with JWT_SECRET. Who holds one acts in its session. */
import { createHmac, timingSafeEqual } from "node:crypto";
import { Refusal } from "./errors.mjs";

const encode = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const header = encode({ alg: "HS256", typ: "JWT" });

function signature(body, secret) {
  return createHmac("sha256", secret).update(`${header}.${body}`).digest();
}

export function issueToken(session, secret) {
  const body = encode({ sid: session });
  return `${header}.${body}.${signature(body, secret).toString("base64url")}`;
}

/** The id of the session that the token was issued for. */
export function sessionOf(token, secret) {
  const [head, body, sign, ...rest] = typeof token === "string" ? token.split(".") : [];
  const given = Buffer.from(sign ?? "", "base64url");
  const wanted = signature(body ?? "", secret);
  if (head !== header || rest.length > 0 || given.length !== wanted.length || !timingSafeEqual(given, wanted))
    throw new Refusal("forbidden", "params.token: not a token of this server");
  return JSON.parse(Buffer.from(body, "base64url").toString()).sid;
}
