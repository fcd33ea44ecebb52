import { describe, expect, test } from "vitest";
import { renderTimer, schedule } from "../../../../ops/data/schedule.ts";

const timer = {
  stack: "production",
  time: "02:00",
  checkout: "/srv/100% ours/slipway",
  user: "deploy",
  path: "/usr/bin",
};

describe("the nightly set of a machine's own", () => {
  const lines = renderTimer(timer).split("\n");

  test("at 02:00 in the machine's time zone, made up for after a night that it slept through", () => {
    expect(lines).toContain("OnCalendar=*-*-* 02:00:00");
    expect(lines).toContain("Persistent=true");
  });

  test("runs the command that a person runs, as that person, where the checkout is, for as long as a release is waited for", () => {
    expect(lines).toContain("ExecStart=/usr/bin/env npm run -s backup -- --stack production");
    expect(lines).toContain("User=deploy");
    expect(lines).toContain("WorkingDirectory=/srv/100%% ours/slipway");
    expect(lines).toContain("TimeoutStartSec=infinity");
  });

  test("a folder that systemd would read as something else is refused", () => {
    expect(() => renderTimer({ ...timer, checkout: '/srv/"x"' })).toThrow("it has quotes or line ends in it");
  });
});

test.each([["--time", "24:00"], ["--time=2:00"], ["--often"], ["--time", "02:00", "x"]])(
  "%s %s is refused with what is allowed",
  async (...rest) => {
    const wishes = { stack: "local", httpsPort: undefined, host: undefined, system: undefined, withData: false, rest };
    await expect(schedule(wishes)).rejects.toThrow("npm run -s schedule -- --stack NAME [--time HH:MM]");
  },
);

test("a stack that is not in the checkout is told", async () => {
  const wishes = {
    stack: "nowhere",
    httpsPort: undefined,
    host: undefined,
    system: undefined,
    withData: false,
    rest: [],
  };
  await expect(schedule(wishes)).rejects.toThrow("there is no stack nowhere in this checkout");
});
