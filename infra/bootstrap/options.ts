import * as pulumi from "@pulumi/pulumi";

export interface BootstrapConfig {
  readonly region: string;
  readonly repository: string;
  readonly environments: readonly string[];
}

const forms = {
  region: { form: /^[a-z]{2}(-[a-z]+)+-\d$/, allowed: "an AWS region such as eu-central-1", example: "eu-central-1" },
  repository: { form: /^[\w.-]+\/[\w.-]+$/, allowed: "owner/name on GitHub", example: "acme/product" },
  environments: {
    form: /^[\w-]+(,[\w-]+)*$/,
    allowed: "names of GitHub's environments with commas between",
    example: "staging,production",
  },
} as const;

const namespace = "slipway-bootstrap";

/** @throws RunError with every problem at once, each with the command that mends it */
export function bootstrapConfig(values: Readonly<Record<string, string>>, stack: string): BootstrapConfig {
  const known = Object.keys(forms).map((key) => `${namespace}:${key}`);
  const unknown = Object.keys(values)
    .filter((key) => key.startsWith(`${namespace}:`) && !known.includes(key))
    .map((key) => `${key}: no such option; mend: pulumi config rm ${key} --stack ${stack}`);
  const wrong = Object.entries(forms).flatMap(([key, { form, allowed, example }]) => {
    const value = values[`${namespace}:${key}`] ?? "";
    if (form.test(value)) return [];
    const is = value === "" ? "(not set)" : value;
    return [
      `${namespace}:${key} is ${is}; allowed: ${allowed}; mend: pulumi config set ${namespace}:${key} ${example} --stack ${stack}`,
    ];
  });
  if (unknown.length + wrong.length > 0) throw new pulumi.RunError([...unknown, ...wrong].join("\n"));
  const read = (key: keyof typeof forms) => values[`${namespace}:${key}`] ?? "";
  return { region: read("region"), repository: read("repository"), environments: read("environments").split(",") };
}
