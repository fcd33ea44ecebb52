/** What a webhook is told of a release. */
export interface ReleaseEvent {
  readonly event: "started" | "succeeded" | "undone";
  readonly stack: string;
  readonly system: string;
  readonly environment: string;
  /** The release's id. */
  readonly release: string;
  readonly version: string;
  /** Reference or digest of the image. */
  readonly image: string;
  /** Schema revision; undefined for a system without one. */
  readonly schema?: string;
  /** How long it took; with `succeeded` and `undone`. */
  readonly seconds?: number;
  /** Why it was undone. Secrets are redacted by the one who says it. */
  readonly why?: string;
  /** What else is to be known of it, e.g. why it came outside of its window. */
  readonly note?: string;
  /** ISO 8601, UTC. */
  readonly at: string;
}

/**
 * The body of the call. `text` is what Slack's and Mattermost's incoming webhooks show and what a Teams workflow can post; the other fields
 * are for programs.
 */
export interface Announcement extends ReleaseEvent {
  readonly text: string;
}

/** Pure: an event as it is sent. */
export function announcement(event: ReleaseEvent): Announcement {
  const { note } = event;
  return { ...event, text: note === undefined ? sentence(event) : `${sentence(event)} ${note}` };
}

function sentence({ event, stack, system, environment, release, version, schema, seconds, why }: ReleaseEvent): string {
  const what = `${system} ${version} on ${stack} (${environment}), release ${release}`;
  const took = seconds === undefined ? "" : ` after ${seconds} s`;
  switch (event) {
    case "started":
      return `Release started: ${what}${schema === undefined ? "" : `, schema ${schema}`}.`;
    case "succeeded":
      return `Release succeeded${took}: ${what}.`;
    case "undone":
      return `Release undone${took}: ${what}. ${why === undefined ? "The release before serves again." : `Why: ${why}`}`;
  }
}
