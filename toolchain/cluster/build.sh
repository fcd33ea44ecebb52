#!/usr/bin/env bash
# Builds a real Kubernetes (etcd, API server, controller manager, scheduler, kubelet, kube-proxy), CoreDNS and a local-path provisioner from Go
# modules into $B: minutes. Wants Go, gcc, jq, python3 and apt; containerd, runc, kubectl and openssl to run it.
set -euo pipefail
B=$1; S=/nowhere
. "$(dirname "$0")/env.sh"
export GOFLAGS=-mod=mod GOTOOLCHAIN=local CGO_ENABLED=0
mkdir -p "$B"/{bin,img,debs,root}; cp -r "$HERE/modules" "$B/modules"
( cd "$B/debs"; apt-get -q download containernetworking-plugins busybox-static conntrack; for d in *.deb; do dpkg -x "$d" "$B/root"; done )
cd "$B/modules/hyper"
V=1.34.0
M=$(go mod download -json k8s.io/kubernetes@v$V | jq -r .Dir)
# Kubernetes' own go.mod points into its own tree; the same packages are published as v0.
{ printf 'module slipway/kube\n\ngo 1.24.0\ngodebug default=go1.24\n\nrequire (\n\tk8s.io/kubernetes v%s\n' $V
  sed -n '/^require (/,/^)/p' "$M/go.mod" | grep -vE '^require|^\)' | sed -E "s/(k8s\.io\/[^ ]+) v0\.0\.0\$/\1 v0${V#1}/"
  printf ')\n\nreplace (\n'
  grep -oE '^\s+k8s.io/\S+ => ./staging\S+' "$M/go.mod" | awk -v v="v0${V#1}" '{print "\t"$1" => "$1" "v}'; echo ')'; } > go.mod
cp "$M/go.sum" go.sum; chmod u+w go.sum
C=k8s.io/component-base/version
b() { ( cd "$B/modules/$1"; shift; nice -n 10 go build -trimpath "$@" ); }
b hyper -ldflags "-s -w -X $C.gitVersion=v$V -X $C.gitMajor=1 -X $C.gitMinor=34 -X $C.gitTreeState=clean" -o "$B/bin/kube" .
b coredns -ldflags '-s -w' -o "$B/bin/coredns" .
b lpp -ldflags '-s -w' -o "$B/bin/local-path-provisioner" github.com/rancher/local-path-provisioner
gcc -Os -static -s -o "$B/bin/pause" "$B/modules/pause/pause.c"
cd "$B"; D="-:/etc/ -:/tmp/:1777"
image() { python3 "$HERE/image.py" "$@"; }
image img/pause.tar lab.local/pause:1 bin/pause:/pause -- /pause
L=; for a in $(root/bin/busybox --list); do [ "$a" = busybox ] || L="$L @busybox:/bin/$a"; done
image img/busybox.tar lab.local/busybox:1.35 $D -:/bin/ -:/var/ -:/proc/ -:/sys/ -:/dev/ root/bin/busybox:/bin/busybox $L
image img/coredns.tar lab.local/coredns:1 $D bin/coredns:/coredns -- /coredns
image img/lpp.tar lab.local/local-path-provisioner:1 $D bin/local-path-provisioner:/usr/bin/local-path-provisioner
