# Shows a command, then what it says on both streams and its exit code when that is not 0.
try() {
  echo "\$ $*"
  "$@" 2>&1
  local code=$?
  if ((code != 0)); then echo "[exit $code]"; fi
}

