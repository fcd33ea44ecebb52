import * as pulumi from "@pulumi/pulumi";
import { messageOf } from "../../components/steps/failure.ts";
import { askedHostVariable, DEFAULT_DOCKER_HOST, foreignTunnel, hostBehind } from "../../toolchain/docker-host.ts";
import { isHost, isSsh, isTunnel, parseSshUrl } from "../../toolchain/ssh/address.ts";
import { localEnd } from "../../toolchain/ssh/folder.ts";
import { ensureTunnel } from "../../toolchain/ssh/tunnel.ts";

/** Who says where the engine is. */
export interface HostWords {
  readonly stack: string;
  /** `slipway:host` of the stack. */
  readonly configured: string | undefined;
  /** What the docker provider takes: `docker:host` of the stack's config, else DOCKER_HOST. */
  readonly provider: string | undefined;
  /** The ssh URL behind DOCKER_HOST, as the wrapper hands it on. */
  readonly asked: string | undefined;
}

/**
 * The engine's URL, the same on every machine, connected to when it is one by ssh: what steps keep, and what their own connection is made from.
 * @throws RunError when the docker provider would talk to another engine than the steps
 */
export async function dockerHost(): Promise<string> {
  const configured = new pulumi.Config("slipway").get("host");
  const words = {
    stack: pulumi.getStack(),
    // What is no host there is refused with the rest of the config.
    configured: configured !== undefined && isHost(configured) ? configured : undefined,
    // An empty variable is none, for the provider too.
    provider: new pulumi.Config("docker").get("host") ?? (process.env["DOCKER_HOST"] || undefined),
    asked: process.env[askedHostVariable],
  };
  try {
    return await connected(chosenHost(words));
  } catch (error) {
    throw new pulumi.RunError(messageOf(error));
  }
}

async function connected(host: ReturnType<typeof chosenHost>): Promise<string> {
  if ("refusal" in host) throw new Error(host.refusal);
  if (!isSsh(host.url)) return host.url;
  await ensureTunnel(host.url);
  return parseSshUrl(host.url).url;
}

/** Steps and provider must reach one engine: by the stack's own word, else by what the provider would take anyway; pure but for whose the local end is. */
export function chosenHost(words: HostWords): { readonly url: string } | { readonly refusal: string } {
  const { configured, provider = DEFAULT_DOCKER_HOST, asked } = words;
  const url = configured ?? hostBehind(provider, asked);
  if (isTunnel(url)) return { refusal: foreignTunnel(url) };
  return localEnd(url) === provider ? { url } : { refusal: otherHost(words, url) };
}

function otherHost({ stack, configured, provider }: HostWords, url: string): string {
  const said = configured === undefined ? url : `${configured} (slipway:host)`;
  return [
    `stack ${stack} runs on ${said}, but this shell's DOCKER_HOST is ${provider ?? "not set"}: steps and docker provider would work on two hosts; nothing was changed.`,
    `Mend it, then run the command again:`,
    `  eval "$(npm run -s env -- --stack ${stack})"   or npm start, npm run preview, npm run down, which do it by themselves`,
  ].join("\n");
}
