import { tableLines } from "../table.ts";

/** A package of an image for which its distribution has a newer version. */
export interface Finding {
  readonly package: string;
  readonly installed: string;
  readonly available: string;
  /** Whether the distribution's security team brought it. */
  readonly security: boolean;
}

export interface ScannedImage {
  readonly name: string;
  readonly id: string;
  /** Parts of the stack that run it. */
  readonly parts: readonly string[];
  /** CycloneDX. Undefined where no tool could make one: see `notAsked`. */
  readonly sbom: { readonly file: string; readonly components: number } | undefined;
  /** Undefined where nobody could be asked, which is not the same as none. */
  readonly findings: readonly Finding[] | undefined;
  /** What could not be asked, and why. */
  readonly notAsked: readonly string[];
}

export interface ScanReport {
  readonly stack: string;
  readonly images: readonly ScannedImage[];
  /** What this scan does not know of any image. */
  readonly notAsked: readonly string[];
}

/** No database of vulnerabilities (CVE) is looked up: it would have to be downloaded. Their files are what such a scanner reads. */
export const neverAsked = [
  "databases of known vulnerabilities (CVE) of packages from elsewhere than the distribution: hand the SBOM to one, e.g. `grype sbom:FILE` or `trivy sbom FILE`",
];

/** 0: asked, and nothing found. 2: found. 1: somebody could not be asked, so that nothing found says nothing. */
export function exitCodeOf({ images }: ScanReport): number {
  if (images.some(({ findings }) => (findings ?? []).some(({ security }) => security))) return 2;
  return images.some(({ notAsked }) => notAsked.length > 0) || images.length === 0 ? 1 : 0;
}

/** What each image holds and lacks, then what nobody was asked about: a scan that found nothing says where it did not look. */
export function renderScan({ images, notAsked }: ScanReport): string {
  const rows = images.map(({ name, parts, sbom, findings }) => [
    name,
    parts.join(", "),
    sbom === undefined ? "no SBOM" : `${sbom.components} components`,
    findings === undefined ? "not asked" : `${findings.filter(({ security }) => security).length} security updates`,
    sbom?.file ?? "",
  ]);
  const found = images.flatMap(({ name, findings }) =>
    (findings ?? []).map((each) => [
      name,
      each.package,
      each.installed,
      "->",
      each.available,
      each.security ? "security" : "",
    ]),
  );
  const missing = [...images.flatMap(({ name, notAsked: why }) => why.map((one) => `${name}: ${one}`)), ...notAsked];
  return [
    ...tableLines([["image", "runs as", "holds", "pending", "SBOM (CycloneDX)"], ...rows]),
    ...(found.length === 0 ? [] : ["", ...tableLines(found)]),
    "",
    "not asked:",
    ...missing.map((line) => `  ${line}`),
  ].join("\n");
}
