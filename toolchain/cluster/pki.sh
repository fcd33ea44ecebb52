#!/bin/bash
# Makes one CA, all certificates, and all kubeconfigs under $S/pki.
set -euo pipefail
. "$(dirname "$0")/env.sh"
mkdir -p $S/pki; cd $S/pki; umask 077
ec() { openssl ecparam -name prime256v1 -genkey -noout -out $1; }
ec ca.key; openssl req -x509 -new -key ca.key -subj /CN=slipway-test-ca -days 3650 -out ca.crt
ec sa.key; openssl ec -in sa.key -pubout -out sa.pub 2>/dev/null
cert() { # name subject eku [san]
  ec $1.key
  { echo "basicConstraints=CA:FALSE"; echo "keyUsage=digitalSignature"; echo "extendedKeyUsage=$3"; [ -z "${4:-}" ] || echo "subjectAltName=$4"; } > $1.ext
  openssl req -new -key $1.key -subj "$2" -out $1.csr
  openssl x509 -req -in $1.csr -CA ca.crt -CAkey ca.key -CAcreateserial -days 3650 -extfile $1.ext -out $1.crt 2>/dev/null
  rm $1.csr $1.ext
}
kc() { # name
  kubectl config --kubeconfig=$1.kubeconfig set-cluster slipway --server=https://$IP:6443 --certificate-authority=ca.crt --embed-certs >/dev/null
  kubectl config --kubeconfig=$1.kubeconfig set-credentials $1 --client-certificate=$1.crt --client-key=$1.key --embed-certs >/dev/null
  kubectl config --kubeconfig=$1.kubeconfig set-context slipway --cluster=slipway --user=$1 >/dev/null
  kubectl config --kubeconfig=$1.kubeconfig use-context slipway >/dev/null
}
cert apiserver /CN=kube-apiserver serverAuth IP:$IP,IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local
cert kubelet-server /CN=$NODE serverAuth IP:$IP,DNS:$NODE
cert front-proxy /CN=front-proxy clientAuth
cert admin /O=system:masters/CN=admin clientAuth
cert kcm /CN=system:kube-controller-manager clientAuth
cert scheduler /CN=system:kube-scheduler clientAuth
cert proxy /CN=system:kube-proxy clientAuth
cert kubelet /O=system:nodes/CN=system:node:$NODE clientAuth
for n in admin kcm scheduler proxy kubelet; do kc $n; done
