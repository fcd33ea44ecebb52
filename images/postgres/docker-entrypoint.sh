#!/bin/bash
# What the official image's entrypoint promises, see the Dockerfile: bare options go to postgres, root steps down to
# postgres after taking over the data folder, an empty data folder is initialised and the scripts of
# /docker-entrypoint-initdb.d run once, on a server that listens on its socket alone.
set -Eeuo pipefail

# A value, or the content of the file that VARIABLE_FILE names; both are a mistake.
from_file() {
  local name=$1 file_name="$1_FILE" default=${2:-}
  local value=${!name:-} path=${!file_name:-}
  if [ -n "$value" ] && [ -n "$path" ]; then
    echo >&2 "error: both $name and $file_name are set (but are exclusive)"
    exit 1
  fi
  [ -z "$path" ] || value=$(<"$path")
  export "$name"="${value:-$default}"
  unset "$file_name"
}

take_over_folders() {
  mkdir -p "$PGDATA" /var/run/postgresql
  # A tmpfs belongs to root and is open to all: then there is nothing to mend.
  chmod 00700 "$PGDATA" 2> /dev/null || :
  chmod 03775 /var/run/postgresql 2> /dev/null || :
  if [ "$(id -u)" = 0 ]; then
    find "$PGDATA" \! -user postgres -exec chown postgres {} +
    find /var/run/postgresql \! -user postgres -exec chown postgres {} +
  fi
}

initialise() {
  if [ -z "$POSTGRES_PASSWORD" ]; then
    echo >&2 "error: database is uninitialized and POSTGRES_PASSWORD is not specified"
    exit 1
  fi
  # Not by a file on disk, not by an argument: neither keeps the password.
  eval "initdb --username=\"\$POSTGRES_USER\" --pwfile=<(printf '%s\n' \"\$POSTGRES_PASSWORD\") ${POSTGRES_INITDB_ARGS:-}"
  printf '\nhost all all all scram-sha-256\n' >> "$PGDATA/pg_hba.conf"
}

sql() {
  psql -v ON_ERROR_STOP=1 --no-password --no-psqlrc --username "$POSTGRES_USER" "$@"
}

run_scripts() {
  local each
  for each; do
    case "$each" in
      # As the official one: what cannot be executed is read by this shell.
      *.sh) if [ -x "$each" ]; then "$each"; else . "$each"; fi ;;
      *.sql) sql --dbname "$POSTGRES_DB" -f "$each" ;;
      *) echo "$0: ignoring $each" ;;
    esac
  done
}

first_start() {
  ls /docker-entrypoint-initdb.d/ > /dev/null
  initialise
  PGPASSWORD=${PGPASSWORD:-$POSTGRES_PASSWORD}
  export PGPASSWORD
  pg_ctl -D "$PGDATA" -o "$(printf '%q ' "${@:2}" -c listen_addresses= -p "${PGPORT:-5432}")" -w start
  if [ "$POSTGRES_DB" != postgres ]; then
    sql --dbname postgres -v db="$POSTGRES_DB" <<< 'CREATE DATABASE :"db"'
  fi
  shopt -s nullglob
  run_scripts /docker-entrypoint-initdb.d/*
  pg_ctl -D "$PGDATA" -m fast -w stop
  unset PGPASSWORD
  printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

case "${1:-postgres}" in
  -*) set -- postgres "$@" ;;
esac

if [ "${1:-}" = postgres ]; then
  take_over_folders
  if [ "$(id -u)" = 0 ]; then
    exec setpriv --reuid postgres --regid postgres --init-groups "$BASH_SOURCE" "$@"
  fi
  if [ ! -s "$PGDATA/PG_VERSION" ]; then
    from_file POSTGRES_PASSWORD
    from_file POSTGRES_USER postgres
    from_file POSTGRES_DB "$POSTGRES_USER"
    first_start "$@"
  fi
fi

# The server must not hand the password to what it starts.
unset POSTGRES_PASSWORD
exec "$@"
