/** What the Docker engine's API needs everywhere here: ids of images, and streams of progress events. */
import type Docker from "dockerode";
import { z } from "zod";
import { statusOf } from "../../components/steps/docker-runner.ts";

/** One line of a pull, build or import, as the engine sends it. */
export interface EngineEvent {
  readonly stream?: string;
  readonly status?: string;
  readonly id?: string;
  readonly error?: string;
  readonly aux?: { readonly ID?: string };
}

/** The id (sha256:...) of an image in this engine, undefined when it is not there. */
export async function imageId(engine: Docker, name: string): Promise<string | undefined> {
  try {
    return (await engine.getImage(name).inspect()).Id;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/**
 * Follows a stream of progress events to its end.
 * @returns the text of the event that says the work failed, undefined when it went well. The engine has sent status 200
 *   long before, so nothing else tells.
 */
export function follow(
  engine: Docker,
  stream: NodeJS.ReadableStream,
  onEvent: (event: EngineEvent) => void,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    let failure: string | undefined;
    engine.modem.followProgress(
      stream,
      (error: Error | null) => (error === null ? resolve(failure) : reject(error)),
      (event: EngineEvent) => {
        failure ??= event.error;
        onEvent(event);
      },
    );
  });
}

const distributionShape = z.object({ Descriptor: z.object({ digest: z.string() }) });

/** What the registry says of an image, asked by the engine. Straight through the modem: dockerode's own distribution() takes no abort signal. */
export function distribution(
  engine: Docker,
  name: string,
  options: { readonly authconfig?: Docker.AuthConfig | undefined; readonly abortSignal: AbortSignal },
): Promise<z.output<typeof distributionShape>> {
  const request = { path: `/distribution/${name}/json`, method: "GET", statusCodes: { 200: true }, ...options };
  return new Promise((resolve, reject) => {
    engine.modem.dial(request, (error: Error | null, answer: unknown) => {
      if (error !== null) return reject(error);
      const read = distributionShape.safeParse(answer);
      return read.success ? resolve(read.data) : reject(read.error);
    });
  });
}
