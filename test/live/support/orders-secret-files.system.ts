/** The reference application with secrets in files, beside its variables: web and workers get a generated key and PostgreSQL's password. */
import type { Workload } from "../../../components/app/spec.ts";
import orders from "../../workloads/orders/system.ts";

const secretFiles = {
  "api-key": { secret: "apiKey" },
  "database-password": { store: "postgres", field: "password" },
} as const;

/** The image has no entrypoint; this is its command. */
const server = ["tini", "-s", "--", "python", "-m", "src.server"];

export default {
  options: orders.options,
  system: (settings: Parameters<typeof orders.system>[0]) => {
    const system = orders.system(settings);
    const workloads = system.workloads.map(
      (workload): Workload => ({ ...workload, secretFiles, command: workload.command ?? server }),
    );
    return { ...system, workloads, secrets: { apiKey: { source: { kind: "hex", length: 32 } as const } } };
  },
};
