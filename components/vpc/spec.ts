/** The one public subnet of a /16: the second /24, so that the first stays for whoever needs private ones later. */
export function subnetOf(cidr: string): string {
  const [, network] = /^(\d+\.\d+)\.0\.0\/16$/.exec(cidr) ?? [];
  if (network === undefined) throw new Error(`${cidr} is no network of /16`);
  return `${network}.1.0/24`;
}

/** Subnets of a /16 in each of the zones: public ones from the second /24 on, private ones from the eleventh. */
export function zonesOf(cidr: string, zones: readonly string[]): readonly ZonePlan[] {
  const [network = ""] = /^\d+\.\d+/.exec(subnetOf(cidr)) ?? [];
  return zones.map((zone, index) => ({
    zone,
    public: `${network}.${index + 1}.0/24`,
    private: `${network}.${index + 11}.0/24`,
  }));
}

export interface ZonePlan {
  readonly zone: string;
  readonly public: string;
  readonly private: string;
}
