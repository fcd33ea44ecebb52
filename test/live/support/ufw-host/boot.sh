# The engine outside mounts cgroups read-only; the one inside makes its own below them.
set -eu
mount -o remount,bind,rw /sys/fs/cgroup
while read -r _ path type _; do
  case $type in cgroup | cgroup2) mount -o remount,bind,rw "$path" ;; esac
done < /proc/mounts
# On cgroups of the first version systemd starts only when told to. A container's reads its own words where a machine's reads the kernel's.
if [ -d /sys/fs/cgroup/systemd ]; then
  set -- SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1 systemd.unified_cgroup_hierarchy=0
fi
exec /lib/systemd/systemd "$@"
