import type * as pulumi from "@pulumi/pulumi";
import type { DockerHost } from "../container/docker.ts";
import { StepResource } from "../steps/resource.ts";
import type { FileEntry } from "../steps/runner.ts";

export interface FilesArgs {
  readonly host: DockerHost;
  /** An image that exists on the host. */
  readonly image: pulumi.Input<string>;
  readonly volume: pulumi.Input<string>;
  readonly entries: pulumi.Input<readonly FileEntry[]>;
}

/** Writes rendered files to a volume before the container that reads them starts. Their content stays encrypted in the state. */
export class Files extends StepResource {
  /** New with every write; what reads the files takes it as an input, so that changed files replace it. */
  declare readonly written: pulumi.Output<string>;

  constructor(name: string, args: FilesArgs, opts: pulumi.CustomResourceOptions) {
    super(
      { module: "files/step.ts", type: "Files" },
      name,
      {
        ...args.host,
        image: args.image,
        volume: args.volume,
        entries: args.entries,
        deviation: "",
        written: undefined,
      },
      ["entries"],
      opts,
    );
  }
}
