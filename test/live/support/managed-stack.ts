import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { System } from "../../../infra/systems/system.ts";
import type { Registered } from "../../doubles/mock-engine.ts";
import { managedOf, ordersOnAws } from "../../fixtures/managed.ts";
import { TestStack } from "./stack.ts";

/**
 * A stack whose parts AWS runs, for the commands that look at it: its state is what the program itself registers on Pulumi's mocks, written with
 * `pulumi stack import`. No `up` ran, and nothing of it is on AWS.
 */
export class ManagedStack {
  readonly stack: TestStack;
  readonly registered: readonly Registered[];
  readonly system: System;

  private constructor(stack: TestStack, registered: readonly Registered[], system: System) {
    this.stack = stack;
    this.registered = registered;
    this.system = system;
  }

  /** @param more of the system, beside test/workloads/orders @param outputs of the stack */
  static async make(more: Partial<System>, outputs: Readonly<Record<string, unknown>>): Promise<ManagedStack> {
    const stack = await TestStack.make();
    const { settings, system: orders } = ordersOnAws();
    const system = { ...orders, ...more };
    const registered = await managedOf({ ...settings, stack: stack.name }, system);
    await stack.set(["slipway:platform"], "aws");
    await stack.set(["slipway:aws"], { shape: "managed" });
    const made = new ManagedStack(stack, registered, system);
    await made.#import(outputs);
    return made;
  }

  inputs(type: string, name: string): Readonly<Record<string, unknown>> {
    const found = this.registered.find((each) => each.type.endsWith(`:${type}`) && each.name === name);
    if (found === undefined) throw new Error(`the program registers no ${type} ${name}`);
    return found.inputs;
  }

  async #import(outputs: Readonly<Record<string, unknown>>): Promise<void> {
    const { name, state } = this.stack;
    await this.#pulumi("stack", "init", "--no-select");
    const file = join(state, "import.json");
    const empty = JSON.parse(await this.#pulumi("stack", "export"));
    const urn = (type: string, own: string) => `urn:pulumi:${name}::slipway::${type}::${own}`;
    const root = {
      urn: urn("pulumi:pulumi:Stack", `slipway-${name}`),
      custom: false,
      type: "pulumi:pulumi:Stack",
      outputs,
    };
    const others = this.registered
      .filter(({ type }) => /^(aws:|random:|pulumi-nodejs:)/.test(type))
      .map(({ type, qualified, inputs, name: own }) => ({
        urn: `urn:pulumi:${name}::slipway::${qualified}`,
        ...{ custom: true, type, id: `${own}-id`, inputs, outputs: { ...inputs, ...answers[type] } },
      }));
    const deployment = { ...empty.deployment, resources: [root, ...others] };
    await writeFile(file, JSON.stringify({ ...empty, deployment }));
    await this.#pulumi("stack", "import", "--file", file);
  }

  async #pulumi(...args: readonly string[]): Promise<string> {
    const done = await this.stack.pulumi(...args);
    if (done.code !== 0) throw new Error(done.output);
    return done.stdout;
  }

  /** Nothing of it was anywhere but in its state. */
  async remove(): Promise<void> {
    await this.#pulumi("stack", "rm", "--force", "--yes");
    await rm(this.stack.file, { force: true });
    await rm(this.stack.state, { recursive: true, force: true });
  }
}

/** What AWS answered, beside what it was asked for. */
const answers: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  "aws:secretsmanager/secretVersion:SecretVersion": {
    arn: "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a-secret",
    versionId: "the-version",
  },
};
