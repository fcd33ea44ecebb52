/** A process of its own for one measurement on Pulumi's mocks: its wish as JSON, what it found as JSON. */
import * as pulumi from "@pulumi/pulumi";
import { mocksOf } from "../../doubles/mock-engine.ts";
import { megabytes } from "./memory.ts";
import { program, type Wish } from "./program.ts";

const wish = JSON.parse(process.argv[2] ?? "") as Wish;
const mocks = mocksOf({});
let resources = 0;
await pulumi.runtime.setMocks(
  {
    ...mocks,
    newResource: (args) => {
      resources += 1;
      return mocks.newResource(args);
    },
  },
  "slipway",
  "local",
);
program(wish);
await pulumi.runtime.disconnect();
console.log(JSON.stringify({ resources, megabytes: megabytes() }));
