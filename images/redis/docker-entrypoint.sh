#!/bin/sh
# What the official image's entrypoint promises: bare options and *.conf go to redis-server, root steps down to redis
# after taking over the data folder, and protected mode is off (the official build compiles it out; a container
# publishes nothing by itself).
set -e

case "$1" in
  -* | *.conf) set -- redis-server "$@" ;;
esac

# Without these capabilities root cannot become anyone else: then it runs as it is, as the official one does.
can_step_down() {
  bounding=$(setpriv --dump | grep '^Capability bounding set:')
  case "$bounding" in *setgid*) ;; *) return 1 ;; esac
  case "$bounding" in *setuid*) ;; *) return 1 ;; esac
}

if [ "$1" = redis-server ] && [ "$(id -u)" = 0 ] && [ -z "$SKIP_DROP_PRIVS" ] && can_step_down; then
  if [ -z "$SKIP_FIX_PERMS" ]; then
    find . ! -user redis -exec chown redis:redis {} +
  fi
  exec setpriv --reuid redis --regid redis --clear-groups --nnp --inh-caps=-all "$0" "$@"
fi

if [ "$1" = redis-server ]; then
  shift
  config=
  case "$1" in
    "" | -*) ;;
    *) config=$1 && shift ;;
  esac
  # First among the options, so that a later --protected-mode of the caller wins; a config file that says it keeps it.
  if [ -z "$config" ]; then
    set -- redis-server --protected-mode no "$@"
  elif grep -qi '^[[:space:]]*protected-mode[[:space:]]' "$config"; then
    set -- redis-server "$config" "$@"
  else
    set -- redis-server "$config" --protected-mode no "$@"
  fi
fi

if [ "$(umask)" = 0022 ]; then
  umask 0077
fi

exec "$@"
