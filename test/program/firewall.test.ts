import { expect, test } from "vitest";
import { rulesOf } from "../../components/firewall/rules.ts";
import { systemExposure } from "../../infra/platforms/docker/firewall.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { systemOf } from "../../infra/systems/index.ts";
import { register } from "../doubles/mock-engine.ts";
import { placementOf } from "../fixtures/placement.ts";
import { localSettings, productionSettings } from "../fixtures/settings.ts";

const step = "pulumi-nodejs:dynamic/slipway:steps:Firewall";

test("production has the rules as text in its plan, and no edge before them", async () => {
  const all = await register(() => {
    new DockerPlatform({ ...placementOf(productionSettings), firewallDeviation: "added: tcp dport 80 accept" });
  });
  const exposure = systemExposure(systemOf(productionSettings), productionSettings);
  const rules = all.find(({ type }) => type === step);
  expect(rules?.inputs).toMatchObject({
    place: { stack: "production", system: "tmws" },
    image: "sha256:firewall",
    exposure,
    rules: rulesOf("production", exposure),
    deviation: "added: tcp dport 80 accept",
  });
  const edge = all.find(({ type, name }) => type === "docker:index/container:Container" && name === "edge");
  expect(edge?.dependencies.some((urn) => urn.endsWith("::firewall-rules"))).toBe(true);
  const container = all.find(({ type, name }) => type === "docker:index/container:Container" && name === "firewall");
  expect(container?.inputs).toMatchObject({
    networkMode: "host",
    capabilities: { drops: ["ALL"], adds: ["NET_ADMIN"] },
  });
});

test("local has none: no container more", async () => {
  const all = await register(() => {
    new DockerPlatform(placementOf(localSettings));
  });
  expect(all.filter(({ name }) => name.startsWith("firewall"))).toEqual([]);
});

test("an Ollama on the host is reached by the bridge of the network with a way out", async () => {
  const ollama = { ...productionSettings.ollama, mode: "native" as const };
  const settings = { ...productionSettings, ollama };
  const placement = placementOf(settings);
  const model = { name: "e5", dimensions: 1024 };
  const system = { ...placement.system, ollama: { mode: "native" as const, model } };
  const all = await register(() => {
    new DockerPlatform({ ...placement, system });
  });
  const egress = all.find(({ type, name }) => type === "docker:index/network:Network" && name === "egress");
  expect(egress).toBeDefined();
  const rules = all.find(({ type }) => type === step);
  expect(rules?.inputs["rules"]).toMatch(/iifname "br-[^"]{1,12}" tcp dport 11434 meta mark set/);
});
