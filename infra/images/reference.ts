/** Image references: `[registry/]repository[:tag][@sha256:...]`. Pure. */

export interface Reference {
  /** Host (and port) of the registry; `docker.io` when the reference names none. */
  readonly registry: string;
  /** The name without tag and digest, as written. */
  readonly repository: string;
  readonly tag: string;
  readonly digest: string | undefined;
}

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Private registries' credentials by host, e.g. `{ "ghcr.io": { username, password } }`. */
export type RegistryCredentials = Readonly<Record<string, Credentials>>;

const DOCKER_HUB = "docker.io";
const GRAMMAR =
  /^(?<repository>(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9._/-]+)(?::(?<tag>[\w][\w.-]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

/**
 * Takes a reference apart; the tag defaults to `latest`.
 * @throws Error when it is none.
 */
export function parseReference(text: string): Reference {
  const groups = GRAMMAR.exec(text)?.groups;
  const repository = groups?.["repository"];
  if (repository === undefined) {
    throw new Error(
      `"${text}" is no image reference; allowed is [registry/]repository[:tag][@sha256:<64 hex digits>], ` +
        "e.g. ghcr.io/acme/tmws:2.4.0",
    );
  }
  const [first, ...rest] = repository.split("/");
  const isHost = rest.length > 0 && first !== undefined && (/[.:]/.test(first) || first === "localhost");
  return {
    registry: isHost ? first : DOCKER_HUB,
    repository,
    tag: groups?.["tag"] ?? "latest",
    digest: groups?.["digest"],
  };
}

/** The name that says both which version was meant and which bytes it is: `repository:tag@sha256:...`. */
export function pinnedName(reference: Reference, digest: string): string {
  return `${reference.repository}:${reference.tag}@${digest}`;
}

/** What the engine wants to log in to the reference's registry, undefined when no credentials are given for it. */
export function authFor(
  reference: Reference,
  credentials: RegistryCredentials,
): { username: string; password: string; serveraddress: string } | undefined {
  const found = credentials[reference.registry];
  if (found === undefined) return undefined;
  // Docker Hub's credentials go by this historical address.
  const serveraddress = reference.registry === DOCKER_HUB ? "https://index.docker.io/v1/" : reference.registry;
  return { username: found.username, password: found.password, serveraddress };
}
