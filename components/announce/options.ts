import { isSafeUrl, secretText } from "../options/kinds.ts";
import { optional, section } from "../options/option.ts";

// A user in a URL is refused by fetch itself.
const isWebhook = (value: string) =>
  isSafeUrl(value, ["localhost", "127.0.0.1", "[::1]"]) && new URL(value).username === "";

/** Whoever knows the URL can post: its path is the password. */
const webhook = secretText(isWebhook, {
  allowed: "an https URL without a user in it; http for localhost only",
  example: "https://hooks.example.com/services/T0/B0/x1",
  ask: "<webhook URL>",
});

/** Who is told of releases. */
export const announceOptions = section({
  webhook: optional(
    "URL that gets a POST with JSON when a release starts, succeeds or is undone; Slack and Mattermost show its text.",
    webhook,
    "none: nobody is told",
  ),
});
