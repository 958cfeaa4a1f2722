#!/usr/bin/env bash
# Sets up and builds; the part that demo.sh and test.sh share. A second run takes seconds.
#   scripts/build.sh [CMAKE_PRESET]    default: dev
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-dev}
scripts/setup.sh
# ccache finds what another clone has compiled: paths relative to this checkout.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1
log=build/$preset.log
mkdir -p build
[[ -e build/$preset/build.ninja ]] || echo "build: a first build takes about ten minutes on two cores; see $log"
if ! { cmake --preset "$preset" && cmake --build --preset "$preset"; } >"$log" 2>&1; then
  grep -E -A 8 'error|FAILED' "$log" | tail -n 40 >&2 || true
  echo "build: failed; the whole log is in $log" >&2
  exit 1
fi
echo "build: build/$preset is up to date"
