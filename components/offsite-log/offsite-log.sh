#!/bin/sh
# Copies what the archive receives into the bucket, sealed, within seconds. POSIX alone: the official image has busybox. What the bucket has is
# asked of it, at the start and each hour, and never remembered; the archive itself is what waits, and nothing there is touched.
set -u
umask 077
export LC_ALL=C
root=$OFFSITE_ROOT tmp=/tmp
failures=0 large='' listed=0 opened=0 contact=0

say() { printf '%s %s\n' "$(date -u +%FT%TZ)" "$*"; }
ended() { [ -n "$1" ] && ! kill -0 "$1" 2> /dev/null; }

# Without what somebody set aside: data that nobody uses.
here() { (cd "$root" && find . -type f) | cut -c3- | grep -E "$OFFSITE_FILES" | sort; }
# Lines of a file, or of what is piped, that are not in another.
without() { awk -v other="$1" 'FILENAME == other { found[$0]; next } !($0 in found)' "$1" "${2:--}"; }
waiting() { without $tmp/sent $tmp/here; }
waiting_log() { waiting | grep -vE "$OFFSITE_LARGE"; }

# Path and when it came there by the bucket's clock. rclone's code 3: nothing is there yet.
list() {
  code=0
  rclone lsf -R --files-only --use-server-modtime --format pt --separator '	' sealed: > $tmp/listing 2> $tmp/why || code=$?
  if [ "$code" != 0 ] && [ "$code" != 3 ]; then cat $tmp/why; return 1; fi
  sort $tmp/listing > $tmp/listed
  cut -f1 $tmp/listed > $tmp/sent
}

# Sizes are compared with what is there already: half of a list that failed is not sent twice.
send() { rclone copy --no-traverse --files-from-raw "$1" --s3-storage-class "$2" "$root" sealed:; }
count_sent() { sort -u $tmp/sent "$1" > $tmp/sent.new && mv $tmp/sent.new $tmp/sent; }

send_log() {
  waiting_log | head -n 32 > $tmp/log
  [ -s $tmp/log ] || return 0
  send $tmp/log STANDARD && count_sent $tmp/log
}

# The log's newest file, which has no name of its own before it is full: what it holds by now, packed, since most of it is empty.
send_open() {
  [ "$now" -ge "$opened" ] || return 0
  for each in "$root"/*-g*/wal/*.partial; do
    case $each in *.left/*) continue ;; esac
    seen=$(stat -c '%n %y' "$each" 2> /dev/null) || continue
    if grep -qxF "$seen" $tmp/open; then continue; fi
    written=$(stat -c %Y "$each" 2> /dev/null) && gzip -c "$each" > $tmp/open.gz 2> /dev/null || continue
    rclone copyto --s3-storage-class STANDARD $tmp/open.gz "sealed:${each#"$root"/}.gz" || return 1
    # What was written in this second may have come after it was read.
    if [ "$written" -ge "$now" ]; then continue; fi
    { grep -vF "$each " $tmp/open; echo "$seen"; } > $tmp/open.new
    mv $tmp/open.new $tmp/open
  done
  opened=$((now + 15))
}

# A restore that failed at its switch went back: the archive set the log of that generation aside, and nobody may restore from it here either.
mark_left() {
  for each in "$root"/*-g*.left; do
    name=$(basename "$each" .left)
    if [ ! -d "$each" ] || ! grep -q "^$name/" $tmp/sent || grep -qxF "$name/left" $tmp/sent; then continue; fi
    printf left | rclone rcat "sealed:$name/left" && echo "$name/left" > $tmp/left && count_sent $tmp/left || return 1
  done
}

# What no moment of the window needs. Never for being gone here alone, because a host that lost its archive is what the bucket is for: it came
# there before the window, and its series stands here without it, or has had nothing since. Of those one an hour, so that a clock that
# jumped costs one alone.
past() {
  before=$(date -u -d "@$((now - OFFSITE_WINDOW_DAYS * 86400))" '+%Y-%m-%d %H:%M:%S')
  standing=
  for each in "$root"/*-g*; do
    name=$(basename "$each")
    case $name in *.left) continue ;; esac
    standing="$standing $name"
    first=$(ls -1 "$each/base" 2> /dev/null | grep -E 'Z$' | head -n 1)
    if [ -n "$first" ]; then
      awk -F '\t' -v series="$name" -v first="$first" -v start="$(cat "$each/base/$first/start")" -v before="$before" '
        { split($1, part, "/") }
        part[1] != series || $2 "" >= before "" || length(start) != 24 { next }
        part[2] == "base" && part[3] "" < first "" { print $1 }
        part[2] == "wal" && part[3] !~ /history/ && substr(part[3], 9, 16) "" < substr(start, 9, 16) "" { print $1 }
      ' $tmp/listed
    elif ls "$each"/replica/ltx/9/*.ltx > /dev/null 2>&1; then
      awk -F '\t' -v series="$name" -v before="$before" '
        NR == FNR { here[$0] = 1; next }
        index($1, series "/") == 1 && $2 "" < before "" && !($1 in here) { print $1 }
      ' $tmp/here $tmp/listed
    fi
  done
  [ -n "$standing" ] || return 0
  awk -F '\t' -v standing="$standing " -v before="$before" '
    { split($1, part, "/"); of[$1] = part[1] }
    $2 "" > newest[part[1]] "" { newest[part[1]] = $2 }
    END {
      for (name in newest)
        if (!index(standing, " " name " ") && newest[name] "" < before "" && (oldest == "" || name "" < oldest "")) oldest = name
      if (oldest != "") for (path in of) if (of[path] == oldest) print path
    }
  ' $tmp/listed
}

# A full file has taken the place of its beginning.
replaced() { awk 'NR == FNR { found[$0]; next } sub(/\.partial\.gz$/, "") && ($0 in found) { print $0 ".partial.gz" }' $tmp/sent $tmp/sent; }

tidy() {
  { past; replaced; } | without $tmp/here > $tmp/past
  [ -s $tmp/past ] || return 0
  say "past its time: $(wc -l < $tmp/past) objects"
  rclone delete --files-from-raw $tmp/past sealed: && without $tmp/past $tmp/sent > $tmp/sent.new && mv $tmp/sent.new $tmp/sent
}

# Only of what the bucket said: before it did, nothing is written, and so the numbers of before age.
note() {
  bytes=$(cd "$root" && waiting | tr '\n' '\0' | xargs -0 -r stat -c %s 2> /dev/null | awk '{ sum += $1 } END { printf "%.0f", sum }')
  base=$(sed -nE 's|^.*/base/(....)(..)(..)T(..)(..)(..)Z/base.tar.gz$|\1-\2-\3 \4:\5:\6|p' $tmp/sent | sort | tail -n 1)
  {
    if [ "$contact" != 0 ]; then echo "slipway_archive_offsite_contact_timestamp_seconds $contact"; fi
    echo "slipway_archive_offsite_waiting_bytes $bytes"
    echo "slipway_archive_offsite_failures_total $failures"
    if [ -n "$base" ]; then echo "slipway_archive_offsite_base_timestamp_seconds $(date -u -d "$base" +%s)"; fi
  } > /notes/metrics/offsite.part
  chmod 644 /notes/metrics/offsite.part
  mv /notes/metrics/offsite.part /notes/metrics/offsite.prom
}

round() {
  if [ "$now" -ge "$listed" ]; then
    list || return 1
    listed=$((now + 3600))
    here > $tmp/here
    tidy || return 1
  fi
  # In this order: what gets its name between the two is in one of them.
  send_open || return 1
  here > $tmp/here
  mark_left && send_log || return 1
  if [ -z "$(waiting_log | head -n 1)" ]; then contact=$((opened - 15)); fi
}

# Beside the rest: one may take hours, and the log must not wait for it.
send_large() {
  if ended "$large"; then
    if wait "$large"; then count_sent $tmp/large; else failures=$((failures + 1)); fi
    large=''
  fi
  [ -z "$large" ] && [ "$listed" != 0 ] || return 0
  waiting | grep -E "$OFFSITE_LARGE" | head -n 1 > $tmp/large
  if [ -s $tmp/large ]; then send $tmp/large "$OFFSITE_CLASS" & large=$!; fi
}

cat "$OFFSITE_CONFIG/rclone.conf" > "$RCLONE_CONFIG"
printf 'password = %s\n' "$(rclone obscure - < "$OFFSITE_CONFIG/password")" >> "$RCLONE_CONFIG"
: > $tmp/sent
: > $tmp/open
trap 'kill $large 2> /dev/null; exit 0' TERM INT
while :; do
  now=$(date +%s)
  if round; then again=$(waiting_log | head -n 1); else
    failures=$((failures + 1)) again=''
    # It may have failed before it looked, and what waits is to be told.
    here > $tmp/here
  fi
  send_large
  if [ "$listed" != 0 ]; then note; fi
  touch $tmp/looked
  if [ -z "$again" ]; then sleep 5 & wait $!; fi
done
