#!/bin/bash
# What the archive's container does, by PostgreSQL's own programs and the replication protocol alone. A series is a log without a gap: one
# folder for each generation of the data, and a new one whenever the server had to let go of what was not received yet. Names are times,
# so that the newest sorts last; what has its name is whole.
set -uo pipefail
umask 077
root=/archive/log
failures=0 receiver= basing= retry=0 series= looked=0 sized=0 size=0

say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }
stamp() { date -u -d "$1" +%Y%m%dT%H%M%SZ; }
seconds() { date -u -d "$(sed -E 's/^(....)(..)(..)T(..)(..)(..)Z$/\1-\2-\3 \4:\5:\6/' <<< "$1")" +%s; }
ask() { psql -XAtq -F ' ' -d 'replication=true' "${@/#/-c}"; }
bytes() { echo $(( (16#${1%/*} << 32) + 16#${1#*/} )); }
newest() { ls -1 "$1" 2> /dev/null | grep -E -- "$2" | tail -n 1; }
slot() { ask "READ_REPLICATION_SLOT $ARCHIVE_SLOT"; }

# A restore that failed at its switch went back to a lower generation: the log of the higher one is of data that nobody uses.
set_aside() {
  local each of
  for each in "$root"/*-g*; do
    of=${each##*-g}
    if [[ "$of" =~ ^[0-9]+$ ]] && [ "$of" -gt "$ARCHIVE_GENERATION" ]; then rm -f "$root/of-$of"; mv -T "$each" "$each.left"; fi
  done
}

# Goes on where the slot stands. Without one, or when the server let go of it, the log begins anew.
open_series() {
  local at kind lsn begun
  set_aside
  at=$(slot) || return 1
  read -r kind lsn _ <<< "$at"
  # Not by the newest name: a clock may have gone back.
  begun=$(cat "$root/of-$ARCHIVE_GENERATION" 2> /dev/null)
  if [ -n "${lsn:-}" ] && [ -n "$begun" ]; then series=$root/$begun; return 0; fi
  if [ "$kind" = physical ]; then ask "DROP_REPLICATION_SLOT $ARCHIVE_SLOT WAIT" || return 1; fi
  ask "CREATE_REPLICATION_SLOT $ARCHIVE_SLOT PHYSICAL RESERVE_WAL" > /dev/null || return 1
  if [ -n "$begun" ]; then say "the log has a gap: the server let go of what was not received"; echo gap >> "$root/gaps"; fi
  series=$root/$(stamp now)-g$ARCHIVE_GENERATION
  mkdir -p "$series/wal" "$series/base"
  basename "$series" > "$root/of-$ARCHIVE_GENERATION"
}

# Flushed and told to the server as it comes. An end is told by the loop, which begins again.
receive() {
  open_series || return 1
  pg_receivewal -D "$series/wal" --slot="$ARCHIVE_SLOT" --synchronous --no-loop &
  receiver=$!
}

# Read back by its manifest before it gets its name, the second after its end: it can be recovered to any later moment.
base_backup() {
  local base=$1/base ended start
  rm -rf "$base"/*.part
  pg_basebackup -D "$base/plain.part" -X none -c fast --manifest-checksums=SHA256 &&
    ended=$(stamp '+1 second') &&
    pg_verifybackup -q -n "$base/plain.part" &&
    start=$(sed -nE 's/^START WAL LOCATION: .*\(file ([0-9A-F]{24})\)$/\1/p' "$base/plain.part/backup_label") &&
    [ -n "$start" ] &&
    mkdir "$base/packed.part" &&
    echo "$start" > "$base/packed.part/start" &&
    tar -C "$base/plain.part" -czf "$base/packed.part/base.tar.gz" . &&
    sync -f "$base" &&
    mv -T "$base/packed.part" "$base/$ended" &&
    rm -rf "$base/plain.part" &&
    say "base backup $ended" &&
    thin
}

# What no moment of the window needs: the newest base backup from before it stays. One a time, so that a clock that jumped costs one alone.
thin() {
  local before old each first
  before=$(stamp "-$ARCHIVE_WINDOW_DAYS days")
  old=$(ls -1d "$root"/*/base/*Z 2> /dev/null | awk -F/ -v before="$before" '$NF <= before' | head -n -1 | head -n 1)
  if [ -n "$old" ]; then say "past its time: $old"; rm -rf "$old"; fi
  for each in "$root"/*-g*; do
    first=$(ls -1 "$each/base" 2> /dev/null | grep -E 'Z$' | head -n 1)
    if [ -n "$first" ]; then pg_archivecleanup "$each/wal" "$(cat "$each/base/$first/start")"
    elif [ "$each" != "$series" ]; then rm -rf "$each"; fi
  done
}

# The numbers of now, by one connection each quarter of a minute, since the server logs each; none are written while the server does not answer or nothing is received, and so they age.
note() {
  local at now lsn base
  [ "$SECONDS" -ge "$looked" ] || return 0
  [ -n "$receiver" ] && kill -0 "$receiver" 2> /dev/null || return 0
  at=$(ask "READ_REPLICATION_SLOT $ARCHIVE_SLOT" IDENTIFY_SYSTEM) || return 0
  { read -r _ lsn _; read -r _ _ now _; } <<< "$at"
  [ -n "${lsn:-}" ] || return 0
  looked=$((SECONDS + 15))
  if [ "$SECONDS" -ge "$sized" ]; then size=$(du -sk "$root" | cut -f1); sized=$((SECONDS + 300)); fi
  base=$(newest "$series/base" 'Z$')
  {
    echo "slipway_archive_contact_timestamp_seconds $(date +%s)"
    echo "slipway_archive_lag_bytes $(( $(bytes "$now") - $(bytes "$lsn") ))"
    echo "slipway_archive_lag_limit_bytes $(( ARCHIVE_SLOT_MB * 1048576 ))"
    echo "slipway_archive_failures_total $failures"
    echo "slipway_archive_gaps_total $(cat "$root/gaps" 2> /dev/null | wc -l)"
    echo "slipway_archive_size_kilobytes $size"
    echo "slipway_archive_base_interval_seconds $(( ARCHIVE_BASE_HOURS * 3600 ))"
    if [ -n "$base" ]; then echo "slipway_archive_base_timestamp_seconds $(seconds "$base")"; fi
  } > /notes/metrics/archive.part
  chmod 644 /notes/metrics/archive.part
  mv -T /notes/metrics/archive.part /notes/metrics/archive.prom
  touch /tmp/contact
}

due() {
  local base
  [ -n "$receiver" ] && [ -z "$basing" ] && [ "$(date +%s)" -ge "$retry" ] || return 1
  base=$(newest "$series/base" 'Z$')
  [ -z "$base" ] || [ $(( $(date +%s) - $(seconds "$base") )) -ge $(( ARCHIVE_BASE_HOURS * 3600 )) ]
}

ended() { [ -n "$1" ] && ! kill -0 "$1" 2> /dev/null; }

trap 'kill $receiver $basing 2> /dev/null; exit 0' TERM INT
while :; do
  if ended "$receiver"; then wait "$receiver" || failures=$((failures + 1)); receiver=; fi
  if ended "$basing"; then
    if ! wait "$basing"; then say "the base backup failed"; failures=$((failures + 1)); retry=$(( $(date +%s) + 60 )); fi
    basing=
  fi
  if [ -z "$receiver" ]; then receive || failures=$((failures + 1)); fi
  if due; then base_backup "$series" & basing=$!; fi
  note
  sleep 5 & wait $!
done
