import { expect, test } from "vitest";
import { chosenHost } from "../../infra/preflight/docker-host.ts";
import { localEnd } from "../../toolchain/ssh/folder.ts";

const url = "ssh://deploy@example.org";
const end = localEnd(url);
const silent = { stack: "blue", configured: undefined, provider: undefined, asked: undefined };

test.each([
  ["nothing is said: the local socket", {}, "unix:///var/run/docker.sock"],
  ["by DOCKER_HOST", { provider: "tcp://10.0.0.5:2375" }, "tcp://10.0.0.5:2375"],
  ["by config, as the wrapper prepares it", { configured: url, provider: end }, url],
  [
    "by config, a local socket",
    { configured: "unix:///run/d.sock", provider: "unix:///run/d.sock" },
    "unix:///run/d.sock",
  ],
  ["by DOCKER_HOST=ssh://, as the wrapper hands it on", { provider: end, asked: url }, url],
  [
    "by a local DOCKER_HOST, whatever a shell was asked before",
    { provider: "unix:///run/d.sock", asked: url },
    "unix:///run/d.sock",
  ],
])("%s", (_, words, host) => {
  expect(chosenHost({ ...silent, ...words })).toEqual({ url: host });
});

const mend =
  'Mend it, then run the command again:\n  eval "$(npm run -s env -- --stack blue)"   or npm start, npm run preview, npm run down, which do it by themselves';
const twoHosts = "steps and docker provider would work on two hosts; nothing was changed.";

test.each([
  [
    "config says ssh, the shell nothing",
    { configured: url },
    `${url} (slipway:host), but this shell's DOCKER_HOST is not set`,
  ],
  [
    "config says ssh, the shell another",
    { configured: url, provider: "unix:///run/d.sock" },
    `${url} (slipway:host), but this shell's DOCKER_HOST is unix:///run/d.sock`,
  ],
  [
    "config says ssh, the shell the same, which the provider would reach another way",
    { configured: url, provider: url },
    `${url} (slipway:host), but this shell's DOCKER_HOST is ${url}`,
  ],
  ["the shell says ssh without the wrapper", { provider: url }, `${url}, but this shell's DOCKER_HOST is ${url}`],
])("two hosts are refused: %s", (_, words, said) => {
  expect(chosenHost({ ...silent, ...words })).toEqual({ refusal: `stack blue runs on ${said}: ${twoHosts}\n${mend}` });
});

test("a stack that names no host does not follow the shell to another stack's", () => {
  const refusal = `DOCKER_HOST of this shell is ${end}, the ssh connection to a host that another stack names (slipway:host); nothing was changed.\nMend it, then run the command again:\n  unset DOCKER_HOST   or pulumi config set slipway:host <host> for this stack`;
  expect(chosenHost({ ...silent, provider: end })).toEqual({ refusal });
  expect(chosenHost({ ...silent, provider: end, asked: "ssh://deploy@another.example.org" })).toEqual({ refusal });
});
