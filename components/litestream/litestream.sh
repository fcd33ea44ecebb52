#!/bin/bash
# What receives SQLite's log. A series is one history of the database: a folder for each generation of the data, and a new one whenever another
# file was put in the database's place. Whoever does that stops this before, and removes the series' mark.
set -uo pipefail
umask 077
root=/archive/sqlite
failures=0 receiver= looked=0 sized=0 size=0

say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }

# A restore that failed at its switch went back to a lower generation: the log of the higher one is of data that nobody uses.
set_aside() {
  local each of
  for each in "$root"/*-g*; do
    of=${each##*-g}
    if [[ "$of" =~ ^[0-9]+$ ]] && [ "$of" -gt "$LITESTREAM_GENERATION" ]; then rm -f "$root/of-$of"; mv -T "$each" "$each.left"; fi
  done
}

open_series() {
  local begun
  begun=$(cat "$root/of-$LITESTREAM_GENERATION" 2> /dev/null)
  if [ -z "$begun" ]; then
    begun=$(date -u +%Y%m%dT%H%M%SZ)-g$LITESTREAM_GENERATION
    mkdir -p "$root/$begun"
    echo "$begun" > "$root/of-$LITESTREAM_GENERATION"
  fi
  series=$root/$begun
}

# The time of the newest file of the log, on any of its levels, and of the last write, in milliseconds. Names of a level sort by transaction.
received() {
  local level newest
  for level in "$series"/replica/ltx/*; do
    newest=$(ls -1 "$level" 2> /dev/null | tail -n 1)
    if [ -n "$newest" ]; then stat -c %.3Y "$level/$newest"; fi
  done | tr -d . | sort -n | tail -n 1
}
written() { stat -c %.3Y "$LITESTREAM_DATABASE" "$LITESTREAM_DATABASE-wal" 2> /dev/null | tr -d . | sort -n | tail -n 1; }

# All that was written until a time is in the log; nothing is written before there is a database.
has() {
  local last of
  last=$(written) of=$(received)
  [ -z "$last" ] || [ "${of:-0}" -ge "$last" ] || [ "${of:-0}" -ge "$1" ]
}
now() { date +%s%3N; }

ended() { [ -n "$1" ] && ! kill -0 "$1" 2> /dev/null; }

# The numbers of now. None are written while the log lacks something, and so they age.
note() {
  [ "$SECONDS" -ge "$looked" ] && ! ended "$receiver" && has "$(( $(now) - 5000 ))" || return 0
  looked=$((SECONDS + 15))
  if [ "$SECONDS" -ge "$sized" ]; then size=$(du -sk "$root" | cut -f1); sized=$((SECONDS + 300)); fi
  {
    echo "slipway_archive_contact_timestamp_seconds $(date +%s)"
    echo "slipway_archive_failures_total $failures"
    echo "slipway_archive_size_kilobytes $size"
  } > /notes/metrics/archive.part
  chmod 644 /notes/metrics/archive.part
  mv -T /notes/metrics/archive.part /notes/metrics/archive.prom
  touch /tmp/contact
}

# Asked by a restore: waits until the log has what was written until now.
if [ "${1:-}" = await ]; then
  open_series
  asked=$(now)
  for _ in $(seq 30); do
    if has "$asked"; then exit 0; fi
    sleep 1
  done
  echo "the log lacks something of what was written until now" >&2
  exit 1
fi

set_aside
open_series
sed "s|SERIES|$series|" /etc/archive/litestream.yml > /tmp/litestream.yml
# It sends what is left of the log before it ends.
trap 'kill -TERM $receiver 2> /dev/null; wait $receiver; exit 0' TERM INT
while :; do
  if ended "$receiver"; then say "Litestream ended"; failures=$((failures + 1)); receiver=; sleep 5 & wait $!; fi
  if [ -z "$receiver" ]; then litestream replicate -config /tmp/litestream.yml & receiver=$!; fi
  note
  sleep 3 & wait $!
done
