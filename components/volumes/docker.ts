import * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { DockerHost } from "../container/docker.ts";
import { label, resourceName } from "../container/spec.ts";

/** A replaced volume would be a new, empty one under the same name, and what it held would not be written again. */
const fixed = ["labels", "driver", "driverOpts"];

/** A volume that can be made anew at any time: rendered config, sockets. */
export function volume(host: DockerHost, part: string, opts: pulumi.CustomResourceOptions): docker.Volume {
  return new docker.Volume(part, args(host, part), { ...opts, ignoreChanges: fixed });
}

/** A volume whose content is the user's: never replaced by an update, never removed without `--with-data`. */
export function dataVolume(host: DockerHost, part: string, opts: pulumi.CustomResourceOptions): docker.Volume {
  return new docker.Volume(part, args(host, part), {
    ...opts,
    protect: true,
    ignoreChanges: fixed,
  });
}

function args(host: DockerHost, part: string): docker.VolumeArgs {
  return {
    name: resourceName(host.place, part),
    labels: [
      { label: label.stack, value: host.place.stack },
      { label: label.system, value: host.place.system },
      { label: label.part, value: part },
    ],
  };
}
