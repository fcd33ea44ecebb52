#!/bin/sh
# What the official image's entrypoint promises: bare options go to haproxy, which runs in master-worker mode (reload by
# SIGUSR2) and in the foreground.
set -e

case "$1" in
  -*) set -- haproxy "$@" ;;
esac

if [ "$1" = haproxy ]; then
  shift
  set -- haproxy -W -db "$@"
fi

exec "$@"
