import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { succeed } from "../../../toolchain/command.ts";
import type { Requested } from "../../fixtures/aws-requests.ts";
import type { Moto } from "./moto.ts";

/** A value and the place of AWS' own models whose text must name it, where the model knows no list of what is allowed. */
export interface Named {
  readonly service: string;
  /** `<shape>.<member>`, or a shape that is a list of what is allowed. */
  readonly at: string;
  readonly value: string;
}

const checking = `
import json, re, sys
from botocore.session import get_session
from botocore.validate import ParamValidator
session, check = get_session(), ParamValidator()
asked, named = json.load(open(sys.argv[1]))

def allowed(value, shape, path):
    kind, meta = shape.type_name, shape.metadata
    if kind == "structure":
        for name, own in value.items():
            if name in shape.members:
                yield from allowed(own, shape.members[name], path + "." + name)
    elif kind == "list":
        for index, own in enumerate(value):
            yield from allowed(own, shape.member, path + "[%d]" % index)
    elif kind == "map":
        for name, own in value.items():
            yield from allowed(own, shape.value, path + "." + name)
    elif kind == "string":
        if getattr(shape, "enum", None) and value not in shape.enum:
            yield "%s: %s is none of %s" % (path, value, ", ".join(shape.enum))
        if "pattern" in meta and not re.search("^(?:%s)$" % meta["pattern"], value):
            yield "%s: %s is not %s" % (path, value, meta["pattern"])
        if len(value) > meta.get("max", len(value)):
            yield "%s: %s is longer than %d" % (path, value, meta["max"])
    elif kind in ("integer", "long"):
        if not meta.get("min", value) <= value <= meta.get("max", value):
            yield "%s: %d is not from %s to %s" % (path, value, meta.get("min"), meta.get("max"))

wrong = []
for one in asked:
    shape = session.get_service_model(one["service"]).operation_model(one["operation"]).input_shape
    report = check.validate(one["body"], shape)
    said = report.generate_report().splitlines() if report.has_errors() else list(allowed(one["body"], shape, ""))
    wrong += ["%s, %s: %s" % (one["of"], one["operation"], each) for each in said]
for one in named:
    name, _, member = one["at"].partition(".")
    shape = session.get_service_model(one["service"]).shape_for(name)
    place = shape.members[member] if member else shape
    words = [word for code in re.findall("<code>([^<]*)</code>", place.documentation) for word in code.split(" | ")]
    if one["value"] not in (getattr(place, "enum", None) or []) + words:
        wrong.append("%s %s names no %s" % (one["service"], one["at"], one["value"]))
print(json.dumps(wrong))
`;

/** What is wrong with requests, by the models that AWS publishes with its client for Python: members, types, ranges, lists of what is allowed. */
export async function againstModels(
  moto: Pick<Moto, "folder">,
  requests: readonly Requested[],
  named: readonly Named[] = [],
): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), "slipway-models-"));
  const file = join(folder, "asked.json");
  await writeFile(file, JSON.stringify([requests, named]));
  const said = await succeed("python3", ["-c", checking, file], { env: { PYTHONPATH: moto.folder } });
  await rm(folder, { recursive: true });
  return JSON.parse(said);
}
