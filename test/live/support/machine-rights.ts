/** What a container may that stands for a whole machine, with systemd and an engine of its own in it. */
export const machineRights = {
  // All but SYS_RESOURCE, which a machine in a machine may lack itself.
  CapAdd: ["ALL"],
  CapDrop: ["SYS_RESOURCE"],
  SecurityOpt: ["seccomp=unconfined", "apparmor=unconfined"],
  MaskedPaths: [],
  ReadonlyPaths: [],
  DeviceCgroupRules: ["a *:* rwm"],
  Tmpfs: { "/run": "", "/run/lock": "" },
};
