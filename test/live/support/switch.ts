/** A real switch as the product makes it, on networks and volumes of its own, with small servers behind it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ContainerSpec, labelsFor, type Place, resourceName } from "../../../components/container/spec.ts";
import { directory } from "../../../components/files/spec.ts";
import files from "../../../components/files/step.ts";
import type { FileEntry } from "../../../components/steps/runner.ts";
import { Control } from "../../../components/switch/control.ts";
import { certificateFile, stateDirectory, switchFiles } from "../../../components/switch/files.ts";
import { type PemPair, publicNetwork, type SwitchSpec, switchContainer } from "../../../components/switch/spec.ts";
import { parseServers, type Slot } from "../../../components/switch/traffic.ts";
import { engine, runner } from "./host.ts";

export const dockerHost = process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";

/**
 * Answers http with its name, `/ready` with 503 while /tmp/unready is there and everything with 503 while /tmp/broken is; on port 3001 it
 * answers each line with its name and the line. perl is in the image that is there anyway.
 */
const server = `
use IO::Socket::INET; my $name = shift; $SIG{CHLD} = 'IGNORE';
my $tcp = fork;
my $s = IO::Socket::INET->new(LocalPort => $tcp ? 8000 : 3001, Listen => 128, ReuseAddr => 1) or die;
while (1) {
  my $c = $s->accept or next;
  next if fork;
  $c->autoflush(1);
  if (!$tcp) { while (<$c>) { print $c "$name $_" } exit }
  my ($path) = split / HTTP/, (split / /, <$c>, 2)[1];
  while (<$c>) { last if /^\\r?\\n$/ }
  my $bad = -e '/tmp/broken' || ($path eq '/ready' && -e '/tmp/unready');
  my $body = "$name $path";
  print $c "HTTP/1.1 " . ($bad ? 503 : 200) . " X\\r\\nContent-Length: " . length($body) . "\\r\\nConnection: close\\r\\n\\r\\n$body";
  exit;
}`;

/** Asks again and again at the users' socket until its file is there, then prints how often each answer came. */
const asker = `
use IO::Socket::UNIX; my ($socket, $stop, @paths) = @ARGV; my %count;
while (1) {
  for my $path (@paths ? @paths : '/x') {
    my $s = IO::Socket::UNIX->new($socket) or do { $count{'no switch'}++; next };
    print $s "GET $path HTTP/1.1\\r\\nHost: s\\r\\nConnection: close\\r\\n\\r\\n";
    local $/; my $r = <$s> // '';
    my ($status) = $r =~ /^HTTP\\S+ (\\d+)/; my ($name) = $r =~ /\\r\\n\\r\\n(w\\d)/;
    @paths ? print "$path $status\\n" : $count{($status // 'none') . ($name ? " $name" : '')}++;
  }
  last if @paths || -e $stop;
  select undef, undef, undef, 0.02;
}
print "$_=$count{$_}\\n" for sort keys %count;`;

export class TestSwitch {
  readonly place: Place;
  readonly spec: SwitchSpec;
  readonly control: Control;
  readonly #volumes: readonly string[];

  constructor(place: Place, spec: SwitchSpec) {
    this.place = place;
    this.spec = spec;
    this.control = new Control(runner, place);
    this.#volumes = ["run", "switch-config", "journal"].map((name) => resourceName(place, name));
  }

  async start(pair: PemPair): Promise<void> {
    const labels = { "slipway.test": this.place.stack };
    for (const Name of this.#volumes) await engine.createVolume({ Name, Labels: labels });
    await engine.createNetwork({ Name: this.spec.network, Internal: true, Labels: labels });
    const open = await engine.createNetwork({ Name: publicNetwork(this.place), Labels: labels });
    const { IPAM } = await open.inspect();
    const owner = { uid: 99, gid: 99 };
    const hosts = this.spec.routes.map(({ host }) => directory(host, owner));
    await this.#write("run", [...stateDirectory(this.place, this.spec), ...hosts]);
    await this.#write("switch-config", switchFiles(this.spec, IPAM?.Config?.[0]?.Gateway));
    await this.writeCertificate(pair);
    await runner.start(await runner.create(switchContainer(this.place, this.spec)));
  }

  writeCertificate(pair: PemPair): Promise<void> {
    return this.#write("switch-config", [certificateFile(this.place, this.spec, pair)]);
  }

  async #write(volume: string, entries: readonly FileEntry[]): Promise<void> {
    const { image } = this.spec;
    await files.reconcile({
      host: dockerHost,
      place: this.place,
      image,
      volume: resourceName(this.place, volume),
      entries,
    });
  }

  /** @param network where it is instead of beside the switch */
  async serve(name: string, network = this.spec.network): Promise<void> {
    const { image, limits } = this.spec;
    const spec: ContainerSpec = {
      name: this.name(name),
      image,
      entrypoint: ["perl", "-e", server, name],
      env: {},
      user: "99:99",
      mounts: [],
      tmpfs: ["/tmp"],
      network: [{ name: network, aliases: [name] }],
      labels: labelsFor(this.place, name, "workload"),
      limits,
      capabilities: [],
      restart: "no",
      stopGraceSeconds: 1,
    };
    await runner.start(await runner.create(spec));
  }

  name(part: string): string {
    return resourceName(this.place, part);
  }

  async exec(part: string, ...argv: readonly string[]): Promise<string> {
    const { exitCode, output } = await runner.exec(this.name(part), { argv });
    if (exitCode !== 0) throw new Error(`${argv.join(" ")}: ${output}`);
    return output;
  }

  /** Status by path, in the order asked, at the users' socket. */
  async statuses(paths: readonly string[]): Promise<readonly string[]> {
    return (await this.#ask("none", ...paths)).trim().split("\n");
  }

  /** Asks until stopped; how often each answer came. */
  load(): { readonly stop: () => Promise<Readonly<Record<string, number>>> } {
    const stop = `/tmp/stop-${process.hrtime.bigint()}`;
    const done = this.#ask(stop);
    return {
      stop: async () => {
        await this.exec("switch", "touch", stop);
        const lines = (await done).trim().split("\n");
        return Object.fromEntries(
          lines.map((line) => line.split("=")).map(([what = "", count]) => [what, Number(count)]),
        );
      },
    };
  }

  #ask(stop: string, ...paths: readonly string[]): Promise<string> {
    const host = this.spec.routes[0]?.host;
    return this.exec("switch", "perl", "-e", asker, `/run/slipway/${host}/http.sock`, stop, ...paths);
  }

  async slots(backend: string): Promise<readonly Slot[]> {
    const script = "exec 3<>/dev/tcp/127.0.0.1/9999; echo 'show servers state' >&3; cat <&3";
    return parseServers(await this.exec("switch", "bash", "-c", script)).filter((slot) => slot.backend === backend);
  }

  async remove(): Promise<void> {
    for (const { id } of await runner.list({ "slipway.stack": this.place.stack })) await runner.remove(id);
    for (const name of [this.spec.network, publicNetwork(this.place)]) await engine.getNetwork(name).remove();
    for (const name of this.#volumes) await engine.getVolume(name).remove();
  }
}

/** A self-signed certificate of this name. */
export function selfSigned(name: string): PemPair {
  const folder = mkdtempSync(join(tmpdir(), "slipway-pem-"));
  try {
    const argv = ["req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", `/CN=${name}`, "-days", "2"];
    execFileSync("openssl", [...argv, "-keyout", "key", "-out", "crt"], { cwd: folder, stdio: "ignore" });
    const read = (file: string) => readFileSync(join(folder, file), "utf8");
    return { certificate: read("crt"), key: read("key") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
