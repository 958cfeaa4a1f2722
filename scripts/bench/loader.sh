#!/usr/bin/env bash
# How fast pictures become batches, alone on the machine: what training's data path takes from the convolutions.
#   scripts/bench/loader.sh DATA [BUILD, default build/dev] [SIZE, default 416] [THREADS, default 1]
# DATA: a labelled dataset with a train split (BCCD). Where perf is installed, the libraries that take the time follow.
# Needs: cmake; linux-perf for the shares of the libraries.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/needs.sh"
if (($# < 1)); then
  sed -n '2,5s/^# //p' "$0" >&2
  exit 2
fi
need cmake=cmake
data=$(realpath "$1")
cd "$(dirname "$0")/../.."
build=$(realpath "${2:-build/dev}")
size=${3:-416}
threads=${4:-1}
cmake --build "$build" --target bench_loader ds-import >/dev/null
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export DS_USER=bench DS_PROJECT=$work/project
"$build/bin/ds-import" init "$DS_PROJECT" -q >/dev/null
"$build/bin/ds-import" add "$data" -q >/dev/null
"$build/bin/ds-import" snapshot create --name all -q >/dev/null
bench=("$build/tests/bench_loader" "$DS_PROJECT" all "$size" "$threads")
echo "$(date -u +%F), $(nproc) processors, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs), load $(cut -d' ' -f1 /proc/loadavg)"
echo "mosaic, pictures kept decoded:"
"${bench[@]}" 100 2 1
echo "mosaic, kept on the disk:"
"${bench[@]}" 100 2 1 disk
echo "mosaic, every picture decoded at every use:"
"${bench[@]}" 26 0 1
echo "closing part (single pictures), kept decoded:"
"${bench[@]}" 100 2 0
# Debian's OpenCV has no symbols, so the libraries say more than the functions.
if ! command -v perf >/dev/null; then
  skipped 'shares of the libraries' 'there is no perf (package linux-perf)'
elif ! perf record -q -o "$work/perf" true 2>"$work/why"; then
  skipped 'shares of the libraries' "perf may not record: $(why_of "$work/why")"
else
  perf record -q -o "$work/perf" "${bench[@]}" 400 2 1 >/dev/null 2>&1
  echo "share of the CPU time, mosaic, kept decoded:"
  perf report -i "$work/perf" --stdio --no-children --sort dso 2>/dev/null | grep -E '^ +[0-9]' | head -8
fi
