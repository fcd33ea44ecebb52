import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { label } from "../../../components/container/spec.ts";
import { Files } from "../../../components/files/docker.ts";
import { type Named, namesFiles } from "../../../components/steps/container-names.ts";
import type { Placement } from "./placement.ts";
import { watchSources } from "./watched.ts";

/** Every part that is made, whoever makes it: a list of one's own would forget the next one. */
export class MadeParts {
  readonly #made: { readonly resource: docker.Container; readonly part: string; readonly name: string }[] = [];

  readonly note: pulumi.ResourceTransformation = ({ type, props, resource }) => {
    if (type !== "docker:index/container:Container") return undefined;
    const labels: readonly { readonly label: string; readonly value: string }[] = props["labels"];
    const part = labels.find((each) => each.label === label.part)?.value;
    const name: string = props["name"];
    if (part !== undefined) this.#made.push({ resource: resource as docker.Container, part, name });
    return undefined;
  };

  /** To be asked when all of them are made. */
  get named(): pulumi.Output<readonly Named[]> {
    return pulumi.all(this.#made.map(({ resource, part, name }) => resource.id.apply((id) => ({ id, part, name }))));
  }
}

/** Tells what counts containers which of them are parts; the release's own are told by who writes the journal. Anew whenever a part is another container. */
export function nameParts(
  { host, images, settings, system }: Placement,
  parts: MadeParts,
  journal: docker.Volume,
  parent: pulumi.Resource,
): void {
  if (!settings.prometheus.enabled || !watchSources({ settings, system }).has("containers")) return;
  const entries = parts.named.apply((named) => namesFiles("parts", named));
  new Files("container-names", { host, image: images.parts.curl.id, volume: journal.name, entries }, { parent });
}
