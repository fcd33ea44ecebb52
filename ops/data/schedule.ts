import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { type Arguments, notKnown } from "../arguments.ts";
import { checkout, stackFile } from "../stack-file.ts";

const usage = "npm run -s schedule -- --stack NAME [--time HH:MM]";

/**
 * Prints what makes the host take a set each night by itself: a shell script that installs a timer of systemd's. The clock is the machine's own, in its
 * time zone; a night that it slept through is made up for when it wakes; a release that is at work is waited for.
 * @throws Error in words for the user
 */
export async function schedule({ stack, rest }: Arguments): Promise<number> {
  const time = timeOf(rest);
  if (!existsSync(stackFile(stack)))
    throw new Error(`there is no stack ${stack} in this checkout; \`npm run systems\` lists those that there are`);
  console.log(renderTimer({ stack, time, checkout, user: userInfo().username, path: process.env["PATH"] ?? "" }));
  return 0;
}

function timeOf(rest: readonly string[]): string {
  if (rest.length === 0) return "02:00";
  const [word, time = ""] = rest.length === 1 ? (rest[0] ?? "").split("=") : rest;
  if (word !== "--time" || rest.length > 2 || !/^([01]\d|2[0-3]):[0-5]\d$/.test(time))
    throw notKnown(rest.join(" "), usage);
  return time;
}

export interface Timer {
  readonly stack: string;
  readonly time: string;
  /** Where this checkout is, and who runs commands in it. */
  readonly checkout: string;
  readonly user: string;
  readonly path: string;
}

/** @throws Error when a path is one that systemd would read as something else */
export function renderTimer({ stack, time, checkout: folder, user, path }: Timer): string {
  if (/[\n\r"\\]/.test(folder + path)) throw new Error(`no timer can name ${folder}: it has quotes or line ends in it`);
  const name = `slipway-backup-${stack}`;
  const units = "/etc/systemd/system";
  return [
    `# Each night a set of stack ${stack}, by systemd on this machine. To install it: npm run -s schedule -- --stack ${stack} | sudo sh`,
    `# Its log: journalctl -u ${name}. To end it: systemctl disable --now ${name}.timer`,
    "set -eu",
    `cat > ${units}/${name}.service <<'END'`,
    "[Unit]",
    `Description=Backup set of Slipway's stack ${stack}`,
    "Wants=network-online.target",
    "After=network-online.target docker.service",
    "",
    "[Service]",
    "Type=oneshot",
    `User=${user}`,
    `WorkingDirectory=${literally(folder)}`,
    `Environment="PATH=${literally(path)}"`,
    "# What your own shell sets for this stack: PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE_FILE.",
    `EnvironmentFile=-/etc/slipway/${stack}.env`,
    `ExecStart=/usr/bin/env npm run -s backup -- --stack ${stack}`,
    "# A release that is at work is waited for.",
    "TimeoutStartSec=infinity",
    "END",
    `cat > ${units}/${name}.timer <<'END'`,
    "[Unit]",
    `Description=Each night: backup set of Slipway's stack ${stack}`,
    "",
    "[Timer]",
    "# In the machine's own time zone.",
    `OnCalendar=*-*-* ${time}:00`,
    "Persistent=true",
    "",
    "[Install]",
    "WantedBy=timers.target",
    "END",
    "systemctl daemon-reload",
    `systemctl enable --now ${name}.timer`,
    `systemctl list-timers --no-pager ${name}.timer`,
  ].join("\n");
}

/** For systemd, whose own words begin with a per cent sign. */
function literally(text: string): string {
  return text.replaceAll("%", "%%");
}
