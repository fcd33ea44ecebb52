#!/bin/bash
# Stops what up.sh started, by process id, then removes its mounts, network and rules.
# `down.sh --wipe` also forgets cluster and container state.
. "$(dirname "$0")/env.sh"
stop() { # name seconds
  local p; p=$(ours $1) || return 0
  kill $p 2>/dev/null
  for i in $(seq $(($2 * 10))); do kill -0 $p 2>/dev/null || break; sleep 0.1; done
  kill -9 -- -$p 2>/dev/null; rm -f $S/state/$1.pid
}
for n in kubelet proxy scheduler kcm; do stop $n 10; done
NS=
if [ -S $CRI ]; then
  for c in $($CTR containers ls -q 2>/dev/null); do
    NS="$NS $($CTR containers info $c | jq -r '.Spec.linux.namespaces[]|select(.type=="network")|.path//empty' | grep ^/var/run/netns/cni-)"
    $CTR tasks kill -s SIGKILL $c 2>/dev/null
  done
  sleep 1
  for c in $($CTR containers ls -q 2>/dev/null); do
    $CTR tasks rm -f $c >/dev/null 2>&1; $CTR containers rm $c >/dev/null 2>&1
  done
fi
stop apiserver 10; stop etcd 10; stop containerd 10
for p in /proc/[0-9]*; do   # left-over shims: those that carry our socket's address
  tr "\0" " " 2>/dev/null < $p/cmdline | grep -q -- "^[^ ]*containerd-shim-runc-v2 .*-address $CRI" && kill -9 ${p#/proc/}
done
awk -v k="$S/state/" 'index($2,k)==1{print $2}' /proc/mounts | sort -r | while read m; do umount -l "$m"; done
for f in $(echo $NS | tr ' ' '\n' | sort -u); do umount -l $f 2>/dev/null; rm -f $f; done
ip link del slipcni0 2>/dev/null
# rules: only chains named KUBE-* and CNI-*, leaving docker's alone
for t in mangle nat filter; do
  { echo "*$t"
    iptables-save -t $t | grep -E '^-A .*(KUBE-|CNI-)' | sed 's/^-A/-D/'
    iptables-save -t $t | grep -oE '^:(KUBE|CNI)-\S+' | sed 's/^:/-X /'
    echo COMMIT; } | iptables-restore --noflush
done
for t in mangle nat filter; do
  { echo "*$t"; ip6tables-save -t $t | grep -E '^-A .*(KUBE-|CNI-)' | sed 's/^-A/-D/'
    ip6tables-save -t $t | grep -oE '^:(KUBE|CNI)-\S+' | sed 's/^:/-X /'; echo COMMIT; } | ip6tables-restore --noflush
done
ip addr del $IP/32 dev lo 2>/dev/null
for c in /sys/fs/cgroup/*/kubepods; do [ -d $c ] && find $c -depth -type d -exec rmdir {} \; 2>/dev/null; done
if [ "${1:-}" = --wipe ]; then rm -rf $S/state $S/log; fi
exit 0
