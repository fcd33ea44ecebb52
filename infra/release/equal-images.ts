import type { Proof } from "../../components/proof/spec.ts";
import { parseReference } from "../images/reference.ts";
import type { Receiver } from "./receiver.ts";
import type { Refusal } from "./refusal.ts";

/** Images that would be others than the proved ones. */
export function imageRefusals(proof: Proof, { settings, parts }: Receiver): readonly Refusal[] {
  return [...applicationRefusals(proof, settings), ...partRefusals(proof, parts)];
}

/** A config that names its image all the same must name the proved one. */
function applicationRefusals(
  { image, stack: from }: Proof,
  { image: own, stack }: Receiver["settings"],
): readonly Refusal[] {
  if (own.kind !== "ref") return [];
  const [wanted, proved] = [parseReference(own.ref), parseReference(image.name)];
  if (wanted.repository === proved.repository && wanted.digest === image.digest) return [];
  return [
    {
      what: `image.ref is ${own.ref} here, and ${image.name} was proved on stack ${from}`,
      mend: `take the proved one, which needs no word of it: pulumi config rm --path slipway:image.ref --stack ${stack}; or prove this one on ${from}`,
    },
  ];
}

function partRefusals({ parts: proved, stack: from }: Proof, parts: Receiver["parts"]): readonly Refusal[] {
  return Object.entries(parts).flatMap(([part, name]) => {
    const was = proved[part];
    if (was === undefined)
      return [
        {
          what: `${part} would run here (${name}), and there was none when stack ${from} was proved`,
          mend: `prove it there: give stack ${from} the same parts, then npm start -- --stack ${from}`,
        },
      ];
    // By digest only where a registry has it: the proof's own digest is what is pulled.
    if (was.split("@")[0] === name) return [];
    return [
      {
        what: `the image of ${part} is ${name} here, and was ${was} when stack ${from} was proved`,
        mend:
          built(name) && built(was)
            ? "promote from the checkout that was proved, on a host with the same base image: docker save slipway/debian:trixie on the one, docker load on the other"
            : "promote from the checkout that was proved, with the same slipway:images",
      },
    ];
  });
}

function built(name: string): boolean {
  return name.startsWith("slipway/");
}
