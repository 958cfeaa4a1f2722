#!/usr/bin/env bash
# Sets up and builds; the part that demo.sh and test.sh share. A second run takes seconds.
#   scripts/build.sh [CMAKE_PRESET]    default: dev
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-dev}
scripts/setup.sh
log=build/$preset.log
mkdir -p build
if ! { cmake --preset "$preset" && cmake --build --preset "$preset"; } >"$log" 2>&1; then
  tail -n 40 "$log" >&2
  echo "build: failed; the whole log is in $log" >&2
  exit 1
fi
echo "build: build/$preset is up to date"
