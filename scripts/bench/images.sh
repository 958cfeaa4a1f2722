#!/usr/bin/env bash
# How fast pictures go in: reading, hashing and header parsing of big files against sha256sum on every processor.
# Usage: scripts/bench/images.sh [bin folder] [files, default 400] [megabytes a file, default 5] [work folder]
# Each file is a generated JPEG with random bytes behind its end, so that all differ.
# Needs: time, bc.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/needs.sh"
need /usr/bin/time=time bc=bc
cd "$(dirname "$0")/../.."
bin=$(realpath "${1:-build/dev/bin}")
count=${2:-400}
size=${3:-5}
work=$(mktemp -d -p "${4:-${TMPDIR:-/tmp}}")
trap 'rm -rf "$work"' EXIT
export DS_USER=bench

"$bin/ds-import" sample "$work/sample" --images 1 --no-video -q >/dev/null
picture=$(find "$work/sample" -name '*.jpg' -print -quit)
mkdir "$work/pictures"
for i in $(seq "$count"); do
  { cat "$picture"; head -c "${size}M" /dev/urandom; } >"$work/pictures/$i.jpg"
done
bytes=$(du -sb "$work/pictures" | cut -f1)
echo "$(date -u +%F), $(nproc) processors, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs), load $(cut -d' ' -f1 /proc/loadavg); $count files, $((bytes >> 20)) MB, read before"
cat "$work"/pictures/* >/dev/null
measure() {  # name, command...
  local name=$1 seconds
  shift
  /usr/bin/time -o "$work/time" -f '%e' "$@" >"$work/out" 2>"$work/err" || { cat "$work/err"; exit 1; }
  seconds=$(tail -1 "$work/time")
  printf '%-44s %7s s %8s MB/s\n' "$name" "$seconds" "$(echo "($bytes / 1048576) / $seconds" | bc)"
}
measure 'cat (reading alone)' bash -c 'cat "$1"/* | cat >/dev/null' _ "$work/pictures"
measure 'sha256sum, one process' bash -c 'sha256sum "$1"/*' _ "$work/pictures"
measure "sha256sum, $(nproc) processes" bash -c 'printf "%s\0" "$1"/* | xargs -0 -n 16 -P "$(nproc)" sha256sum' _ "$work/pictures"
"$bin/ds-import" init "$work/p" -q >/dev/null
measure 'ds-import add --link reference' "$bin/ds-import" add "$work/pictures" -p "$work/p" --link reference
