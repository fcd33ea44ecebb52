import { expect, test } from "vitest";
import { Secret } from "../../components/options/secret.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { innerOf, peersOf } from "../../infra/platforms/docker/peers.ts";
import type { Placement } from "../../infra/platforms/docker/placement.ts";
import { DockerPlatform } from "../../infra/platforms/docker/platform.ts";
import { register } from "../doubles/mock-engine.ts";
import { diligenceSettings } from "../fixtures/diligence-settings.ts";
import { imagesWith, ordersPlacement, placementOf, watcherParts } from "../fixtures/placement.ts";
import { localSettings } from "../fixtures/settings.ts";
import { triaSettings } from "../fixtures/tria-settings.ts";

const watched = (settings: Settings): Settings => ({
  ...settings,
  watch: { profile: "full" },
  alerts: { to: { everybody: { webhook: new Secret("https://hooks.example.org/x") } }, smtp: {}, factor: 1 },
});
const received = (settings: Settings): Settings => ({
  ...settings,
  backup: { ...settings.backup, continuous: true },
});
const placements: readonly (readonly [string, Placement])[] = [
  ["TMWS", placementOf(localSettings)],
  ["TMWS, watched", placementOf(watched(localSettings))],
  ["orders, watched", ordersPlacement(watched(localSettings))],
  ["Tria with Chroma, watched", placementOf(watched(triaSettings({ chroma: true })))],
  ["IT Diligence Agent", placementOf(diligenceSettings({}))],
  ["TMWS, its log received", placementOf(received(localSettings))],
  ["orders, its log received", ordersPlacement(received(localSettings))],
];

/** Container specs alone have both; the edge's says `host`. */
interface Planned {
  readonly labels: Readonly<Record<string, string>>;
  readonly network: "host" | readonly { readonly name: string }[];
}

test.each(placements)(
  "%s: every container is on the networks that its peers ask for, and on no other",
  async (_, placement) => {
    const images = imagesWith("postgres", "chroma", "litestream", ...watcherParts);
    const all = await register(() => void new DockerPlatform({ ...placement, images }));
    const parts = all
      .filter(({ type }) => type === "docker:index/container:Container")
      .filter(({ inputs }) => inputs["networkMode"] !== "host")
      .map(({ name, inputs }): readonly [string, Planned["network"]] => [
        name,
        inputs["networksAdvanced"] as Planned["network"],
      ]);
    const rollout = all.find(({ name }) => name === "rollout");
    const plans = (rollout?.inputs["workloads"] ?? []) as readonly { readonly container: Planned }[];
    const workloads = plans.map(
      ({ container }) => [container.labels["slipway.part"] ?? "", container.network] as const,
    );
    const peers = peersOf(placement);
    const short = ({ name }: { readonly name: string }) => name.slice(name.indexOf("_") + 1);
    const found = [...parts, ...workloads].map(([name, network]) => [
      name,
      network === "host" ? [] : network.map(short).sort(),
    ]);
    const wanted = Object.entries(peers).map(([name, { out = [] }]) => [
      name,
      [...innerOf(peers, name), ...out].sort(),
    ]);
    expect(Object.fromEntries(found)).toEqual(Object.fromEntries(wanted));
  },
);
