import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { resourceName } from "../container/spec.ts";
import { Files } from "../files/docker.ts";
import { StepResource } from "../steps/resource.ts";
import { dataVolume, volume } from "../volumes/docker.ts";
import { dataPart } from "../volumes/spec.ts";
import { configVolume, type RedisSpec, redisContainer, redisFiles, redisSecretFiles, redisUrl } from "./spec.ts";

export interface RedisArgs {
  /** Off keeps the data's volume, which is protected, and nothing else. */
  readonly enabled: boolean;
  readonly host: DockerHost;
  readonly spec: RedisSpec;
  /** Of the app's user. */
  readonly password: pulumi.Input<string>;
  readonly operatorPassword: pulumi.Input<string>;
  readonly network: docker.Network;
}

/** Redis on a Docker host, reachable only on the system's private network. */
export class Redis extends pulumi.ComponentResource {
  /** With the app's password: a secret. */
  readonly url: pulumi.Output<string>;
  /** Undefined while it is switched off. */
  readonly container: Part | undefined;
  /** Workloads depend on it: their password is valid. Undefined while it is switched off. */
  readonly users: StepResource | undefined;
  readonly #args: RedisArgs;
  readonly #name: string;

  constructor(name: string, args: RedisArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:Redis", name, {}, opts);
    this.#args = args;
    this.#name = name;
    const { host, spec, password } = args;
    const data = dataVolume(host, dataPart(host.place, "redis-data"), { parent: this });
    this.url = pulumi.secret(pulumi.output(password).apply((known) => redisUrl(known, spec)));
    if (args.enabled) {
      this.container = this.server(data);
      this.users = this.usersStep("users", "both", this.container);
    }
    this.registerOutputs({ url: this.url });
  }

  /** After the release's proof: a password from before it is none any more. No child of this one, on all of which the release depends. */
  retirePasswords(proof: pulumi.Resource, parent: pulumi.Resource): void {
    if (this.container !== undefined)
      this.usersStep("users-settled", "new", this.container, { parent, dependsOn: proof });
  }

  private server(data: docker.Volume): Part {
    const { host, spec, password, operatorPassword, network } = this.#args;
    const parent = { parent: this };
    const config = volume(host, configVolume, parent);
    const target = { host, image: spec.image, volume: config.name };
    const files = new Files(`${this.#name}-files`, { ...target, entries: [...redisFiles(spec)] }, parent);
    const entries = pulumi
      .all([password, operatorPassword])
      .apply(([app, operator]) => redisSecretFiles(spec, { app, operator }));
    // One after the other: both write through a container of the same name. Not told to the container, which need not restart.
    const secrets = new Files(`${this.#name}-secrets`, { ...target, entries }, { ...parent, dependsOn: files });
    const dependsOn = [data, config, network, secrets];
    return new Part(host, this.#name, redisContainer(host.place, spec), { ...parent, dependsOn }, files);
  }

  private usersStep(
    suffix: string,
    keep: "both" | "new",
    container: Part,
    opts: pulumi.CustomResourceOptions = { parent: this },
  ): StepResource {
    const { host, spec, password, operatorPassword } = this.#args;
    return new StepResource(
      { module: "redis/users.step.ts", type: "RedisUsers" },
      `${this.#name}-${suffix}`,
      {
        ...host,
        container: container.id,
        image: spec.image,
        volume: resourceName(host.place, configVolume),
        passwordOnly: spec.passwordOnly ?? false,
        watched: spec.watched ?? false,
        appPassword: password,
        operatorPassword,
        keep,
      },
      ["appPassword", "operatorPassword"],
      opts,
    );
  }
}
