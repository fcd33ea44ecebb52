#!/usr/bin/env bash
# Puts the environment's ssh key and the host's public key where ssh looks for them. A host that is not in SSH_KNOWN_HOSTS is refused: nothing
# is learned on first use. A stack whose host is this runner's own Docker needs neither.
set -euo pipefail
if [ -z "${SSH_KEY:-}" ]; then
  echo "no secret SSH_KEY: the stack's host is reached without ssh"
  exit 0
fi
if [ -z "${SSH_KNOWN_HOSTS:-}" ]; then
  echo "SSH_KEY is set and SSH_KNOWN_HOSTS is not: give the secret the host's line of \`ssh-keyscan\`, compared with the host's own key (docs/pipelines.md)" >&2
  exit 1
fi
umask 077
mkdir -p "$HOME/.ssh"
printf '%s\n' "$SSH_KEY" > "$HOME/.ssh/id_ed25519"
printf '%s\n' "$SSH_KNOWN_HOSTS" > "$HOME/.ssh/known_hosts"
printf 'StrictHostKeyChecking yes\n' > "$HOME/.ssh/config"
