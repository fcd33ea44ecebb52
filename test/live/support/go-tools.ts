import { join } from "node:path";
import type { GoTool } from "../../../toolchain/go-tool.ts";

const pebbles = { package: "github.com/letsencrypt/pebble/v2/cmd", version: "v2.8.0" } as const;

/** The newest whose command is in its module: later ones are tagged with one of their own, which Go's proxy does not have. */
const certManager = {
  version: "v1.11.5",
  module: join(import.meta.dirname, "ingress/cert-manager"),
  asked: "--help",
} as const;

/** Servers and scanners that tests build from source, each in just this version; a shard that needs one has it before its tests begin. */
export const goTools = {
  gitleaks: { name: "gitleaks", package: "github.com/zricethezav/gitleaks/v8", version: "v8.28.0" },
  versitygw: {
    name: "versitygw",
    package: "github.com/versity/versitygw/cmd/versitygw",
    version: "v1.8.0",
    asked: "--version",
  },
  victoriaLogs: {
    name: "victoria-logs",
    package: "github.com/VictoriaMetrics/VictoriaLogs/app/victoria-logs",
    version: "v1.52.2",
    asked: "-version",
  },
  kwok: { name: "kwok", package: "sigs.k8s.io/kwok/cmd/kwok", version: "v0.7.0", asked: "--version" },
  traefik: {
    name: "traefik",
    package: "github.com/traefik/traefik/v3/cmd/traefik",
    version: "v3.6.12",
    module: join(import.meta.dirname, "ingress/traefik"),
  },
  certManager: {
    ...certManager,
    name: "cert-manager-controller",
    package: "github.com/cert-manager/cert-manager/cmd/controller",
  },
  acmeSolver: {
    ...certManager,
    name: "acmesolver",
    package: "github.com/cert-manager/cert-manager/cmd/acmesolver",
  },
  pebble: { ...pebbles, name: "pebble", package: `${pebbles.package}/pebble`, asked: "-version" },
  pebbleNames: {
    ...pebbles,
    name: "pebble-challtestsrv",
    package: `${pebbles.package}/pebble-challtestsrv`,
    asked: "-help",
  },
} as const satisfies Readonly<Record<string, GoTool>>;

export type GoToolName = keyof typeof goTools;
