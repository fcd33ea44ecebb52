# The engine outside mounts cgroups read-only; the one inside makes its own below them.
set -eu
for each in /sys/fs/cgroup /sys/fs/cgroup/*/; do mount -o remount,bind,rw "$each"; done
# A container's systemd reads its own words where a machine's reads the kernel's.
exec /lib/systemd/systemd SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 systemd.unified_cgroup_hierarchy=0
