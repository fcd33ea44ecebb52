# What the scripts of the test cluster share. B: what was built; S: what a running cluster writes. One fixed address on lo serves as the node's
# address and the API server's, so that nothing depends on the machine's network.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
: "${B:?the folder of what was built}" "${S:?the folder of a running cluster}"
IP=10.250.0.1
SVC=10.96.0.0/16
NODE=slipway
export KUBECONFIG=$S/pki/admin.kubeconfig
export PATH=$B/bin:$B/root/usr/sbin:$PATH
CRI=$S/state/containerd.sock
CTR="ctr --address $CRI -n k8s.io"
# Prints the process id of what up.sh started by this name. After a crash or a restart of the machine its id may be another process'.
ours() { # name
  local p; p=$(cat $S/state/$1.pid 2> /dev/null) && grep -qzxF "$1" /proc/$p/cmdline 2> /dev/null && grep -qaF "$S/" /proc/$p/cmdline && echo $p
}
