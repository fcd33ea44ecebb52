import { engine, Outside, runner, type Seen } from "./host.ts";

/**
 * Ids and start times of a stack's containers, and the processes of those that carry its traffic: equal means that nothing was replaced,
 * restarted or reloaded (HAProxy's reload in place ends its worker and begins another; Caddy is told to reload by nobody, its admin API is off).
 */
export async function lives(stack: Seen): Promise<readonly string[]> {
  const found = await new Outside(stack).containers();
  const details = await Promise.all(
    found.map(async ({ Id, Labels }) => {
      const container = engine.getContainer(Id);
      const { Name, State } = await container.inspect();
      const carries = ["edge", "switch"].includes(Labels["slipway.part"] ?? "");
      return `${Name} ${Id} ${State.StartedAt} ${carries ? await processes(container) : ""}`;
    }),
  );
  return details.sort();
}

async function processes(container: ReturnType<typeof engine.getContainer>): Promise<string> {
  const { Titles, Processes }: { Titles: string[]; Processes: string[][] } = await container.top({ ps_args: "-ef" });
  const [pid, command] = [Titles.indexOf("PID"), Titles.indexOf("CMD")];
  // The proxies alone: a health check or a question of ours is there for a moment.
  const proxies = Processes.filter((row) => /^(\S*\/)?(haproxy|caddy)( |$)/.test(row[command] ?? ""));
  if (proxies.length === 0) throw new Error(`no proxy among ${JSON.stringify(Processes)}`);
  return proxies.map((row) => row[pid]).join(" ");
}

/** Ids of the networks that a stack's containers are on; that of the host is everybody's. */
export async function networksOf(stack: Seen): Promise<readonly string[]> {
  const containers = await new Outside(stack).containers();
  const networks = containers.flatMap(({ NetworkSettings }) => Object.entries(NetworkSettings.Networks));
  return [...new Set(networks.filter(([name]) => name !== "host").map(([, { NetworkID }]) => NetworkID))];
}

/** Address and port of a part inside its own network. */
export interface Place {
  readonly stack: Seen;
  readonly part: string;
  readonly port: number;
}

/** Whether a part of one stack gets a connection to a part of another, or of its own. */
export async function reaches(from: Place, to: Place): Promise<boolean> {
  const [container] = await new Outside(from.stack).running(from.part);
  const { NetworkSettings } = await new Outside(to.stack).inspect(to.part);
  const [network] = Object.values(NetworkSettings.Networks);
  if (container === undefined || network === undefined) throw new Error(`no ${from.part}, or no network of ${to.part}`);
  const script = `timeout 3 bash -c '</dev/tcp/${network.IPAddress}/${to.port}' 2>&1`;
  const { exitCode } = await runner.exec(container.Id, { argv: ["bash", "-c", script] });
  return exitCode === 0;
}
