/** The one public subnet of a /16: the second /24, so that the first stays for whoever needs private ones later. */
export function subnetOf(cidr: string): string {
  const [, network] = /^(\d+\.\d+)\.0\.0\/16$/.exec(cidr) ?? [];
  if (network === undefined) throw new Error(`${cidr} is no network of /16`);
  return `${network}.1.0/24`;
}
