#!/bin/bash
# Starts the whole cluster; what runs already stays. Every process id lands in $S/state/NAME.pid.
set -euo pipefail
. "$(dirname "$0")/env.sh"
mkdir -p $S/state $S/log
# A file that is as it was is not written: kube-proxy ends when its config is, and then no new Service answers.
(cd $HERE/etc; find . -type f) | while read f; do
  mkdir -p $S/etc/$(dirname $f); sed "s#@B@#$B#g;s#@S@#$S#g" $HERE/etc/$f > $S/state/new
  cmp -s $S/state/new $S/etc/$f || mv $S/state/new $S/etc/$f
done
T0=$(date +%s.%N)
say() { printf '%6.1fs %s\n' "$(awk -v a=$T0 -v b=$(date +%s.%N) 'BEGIN{print b-a}')" "$*"; }
# As systemd would: what ends is said in its log and begun again.
keep='
  trap "kill \$child 2> /dev/null; wait \$child; exit" TERM
  while :; do "$@" & child=$!; wait $child; echo "== ended with $?, begun again"; sleep 1 & child=$!; wait $child; done'
start() { # name cmd...
  local n=$1; shift
  if ours $n > /dev/null; then return; fi
  setsid bash -c "$keep" $n "$@" >> $S/log/$n.log 2>&1 < /dev/null & echo $! > $S/state/$n.pid
}
# Read to its end: under pipefail a `grep -q` that is done first fails the pipe, and the address would be added twice.
ip addr show dev lo | grep "$IP/32" > /dev/null || ip addr add $IP/32 dev lo
sysctl -qw net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1
[ -f $S/pki/admin.kubeconfig ] || bash $HERE/pki.sh
P=$S/pki
start containerd containerd --config $S/etc/containerd.toml
start etcd kube etcd --name slipway --data-dir $S/state/etcd --unsafe-no-fsync \
  --listen-client-urls http://127.0.0.1:23790 --advertise-client-urls http://127.0.0.1:23790 \
  --listen-peer-urls http://127.0.0.1:23800 --initial-advertise-peer-urls http://127.0.0.1:23800 \
  --initial-cluster slipway=http://127.0.0.1:23800 --log-level warn
start apiserver kube kube-apiserver --etcd-servers=http://127.0.0.1:23790 \
  --advertise-address=$IP --bind-address=$IP --secure-port=6443 --service-cluster-ip-range=$SVC \
  --tls-cert-file=$P/apiserver.crt --tls-private-key-file=$P/apiserver.key --client-ca-file=$P/ca.crt \
  --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
  --kubelet-client-certificate=$P/admin.crt --kubelet-client-key=$P/admin.key --kubelet-certificate-authority=$P/ca.crt \
  --kubelet-preferred-address-types=InternalIP \
  --service-account-issuer=https://kubernetes.default.svc.cluster.local \
  --service-account-key-file=$P/sa.pub --service-account-signing-key-file=$P/sa.key \
  --requestheader-client-ca-file=$P/ca.crt --requestheader-allowed-names=front-proxy \
  --requestheader-extra-headers-prefix=X-Remote-Extra- --requestheader-group-headers=X-Remote-Group --requestheader-username-headers=X-Remote-User \
  --proxy-client-cert-file=$P/front-proxy.crt --proxy-client-key-file=$P/front-proxy.key --enable-aggregator-routing \
  --endpoint-reconciler-type=lease --allow-privileged=true --profiling=false
for i in $(seq 300); do kubectl get --raw /readyz >/dev/null 2>&1 && break; sleep 0.2; done
say apiserver ready
start kcm kube kube-controller-manager --kubeconfig=$P/kcm.kubeconfig --leader-elect=false \
  --use-service-account-credentials --service-account-private-key-file=$P/sa.key --root-ca-file=$P/ca.crt \
  --cluster-signing-cert-file=$P/ca.crt --cluster-signing-key-file=$P/ca.key \
  --allocate-node-cidrs=false --bind-address=127.0.0.1
start scheduler kube kube-scheduler --kubeconfig=$P/scheduler.kubeconfig --leader-elect=false --bind-address=127.0.0.1
for t in $B/img/*.tar; do $CTR images import $t >/dev/null; done
start kubelet kube kubelet --config=$S/etc/kubelet.yaml --kubeconfig=$P/kubelet.kubeconfig \
  --hostname-override=$NODE --node-ip=$IP --root-dir=$S/state/kubelet --cert-dir=$S/state/kubelet/pki
start proxy kube kube-proxy --config=$S/etc/proxy.yaml
for i in $(seq 300); do kubectl get node $NODE -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}' 2>/dev/null | grep -q True && break; sleep 0.2; done
say node ready
kubectl apply -f $S/etc/addons.yaml >/dev/null
for i in $(seq 100); do kubectl -n default get serviceaccount default >/dev/null 2>&1 && break; sleep 0.1; done
say add-ons applied
kubectl -n kube-system rollout status deploy/coredns --timeout=60s >/dev/null
kubectl -n kube-system rollout status deploy/local-path-provisioner --timeout=60s >/dev/null
say add-ons ready
