/**
 * A shell function: `limited SECONDS LOG COMMAND...` runs a command, ends it when the time is over, answers its exit code (137 for one that was
 * ended) and leaves what it said in the file LOG. Plain sh, because a product's image need not have `timeout`. The output goes to a file: what
 * the command itself started may outlive it, and whoever read a pipe from it would wait for that.
 */
export const limited = `limited() {
  limit=$1 log=$2; shift 2
  : >"$log"
  "$@" </dev/null >>"$log" 2>&1 & command=$!
  (
    trap 'kill "$pause"; exit' TERM
    sleep "$limit" & pause=$!
    wait "$pause"
    echo "still running after $limit s: ended" >>"$log"
    kill -9 "$command"
  ) >/dev/null 2>&1 & guard=$!
  wait "$command"; status=$?
  kill "$guard" 2>/dev/null
  return "$status"
}`;
