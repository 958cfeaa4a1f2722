#!/usr/bin/env bash
# Sets up and builds; the part that demo.sh, test.sh and CI share. A second run takes seconds.
#   scripts/build.sh [CMAKE_PRESET [TARGET...]]    default: dev, everything; the target `tools` is all that is installed
set -euo pipefail
cd "$(dirname "$0")/.."
preset=${1:-dev}
shift || true
scripts/setup.sh
# ccache finds what another clone has compiled: paths relative to this checkout. Precompiled headers want the two sloppinesses
# (its manual says so). Whether a warning stops the build is no part of what was compiled: dev and release share their objects.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1 CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_IGNOREOPTIONS=-Werror
export CCACHE_MAXSIZE=${CCACHE_MAXSIZE:-10G}
log=build/$preset.log
mkdir -p build
[[ -e build/$preset/build.ninja ]] || echo "build: the first build compiles everything (README says how long); see $log"
if ! { cmake --preset "$preset" && cmake --build --preset "$preset" ${1:+--target "$@"}; } >"$log" 2>&1; then
  grep -E -A 8 'error|FAILED' "$log" | tail -n 40 >&2 || true
  echo "build: failed; the whole log is in $log" >&2
  exit 1
fi
# An object out of the cache may come from a build that no warning stopped.
if grep -q '^  DS_WARNINGS_AS_ERRORS.*ON' <(cmake -N -L "build/$preset" 2>/dev/null | sed 's/^/  /') && grep -q ': warning: ' "$log"; then
  grep -A 4 ': warning: ' "$log" | head -n 40 >&2
  echo "build: warnings count as errors here; the whole log is in $log" >&2
  exit 1
fi
echo "build: build/$preset is up to date"
