import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { stackNetwork } from "../../../components/container/network.ts";
import { type Inner, innerNetwork, type Place } from "../../../components/container/spec.ts";
import { innerOf, type Peers, peersOf } from "./peers.ts";
import type { Placement } from "./placement.ts";

/** The stack's networks without a way out or in: what users reach goes through the edge's socket. */
export class InnerNetworks {
  readonly private: docker.Network;
  readonly front: docker.Network;
  /** Where nothing but Prometheus watches there is none: each network takes some of the host's few ranges of addresses. */
  readonly metrics: docker.Network | undefined;
  readonly #peers: Peers;
  readonly #place: Place;

  constructor(placement: Placement, parent: pulumi.Resource) {
    const { place } = placement.host;
    this.#place = place;
    this.#peers = peersOf(placement);
    const make = (inner: Inner) =>
      stackNetwork(inner, { place, name: innerNetwork(place, inner), internal: true }, { parent });
    this.private = make("private");
    this.front = make("front");
    const watched = Object.values(this.#peers).some(({ home }) => home.includes("metrics"));
    this.metrics = watched ? make("metrics") : undefined;
  }

  /** What a part joins. @param name as in `peersOf` */
  of(name: string): { readonly names: readonly string[]; readonly made: readonly docker.Network[] } {
    const inner = innerOf(this.#peers, name);
    return {
      names: inner.map((each) => innerNetwork(this.#place, each)),
      made: inner.flatMap((each) => this[each] ?? []),
    };
  }
}
