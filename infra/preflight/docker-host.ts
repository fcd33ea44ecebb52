import * as pulumi from "@pulumi/pulumi";

const fallback = "unix:///var/run/docker.sock";

/** The engine's URL, as the docker provider takes it too: `docker:host` of the stack's config, else DOCKER_HOST, else the local socket. */
export function dockerHost(): string {
  return new pulumi.Config("docker").get("host") ?? process.env["DOCKER_HOST"] ?? fallback;
}
