#!/usr/bin/env bash
# How fast a COCO dataset goes in and out, and how that grows with its size.
# Usage: scripts/bench/import.sh [bin folder] [sizes, default "10000 100000"] [work folder, default a temporary one]
# The datasets stay in the work folder when it is given, and are used again.
# Needs: python3, time, bc, sqlite3.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/needs.sh"
need python3=python3 /usr/bin/time=time bc=bc sqlite3=sqlite3
cd "$(dirname "$0")/../.."
bin=$(realpath "${1:-build/dev/bin}")
sizes=${2:-10000 100000}
if [[ -n ${3:-} ]]; then work=$3; mkdir -p "$work"; else work=$(mktemp -d); trap 'rm -rf "$work"' EXIT; fi
export DS_USER=bench

echo "$(date -u +%F), $(nproc) processors, $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2 | xargs), load $(cut -d' ' -f1 /proc/loadavg)"
printf '%10s  %-34s %9s %9s %9s\n' images what 'wall s' 'CPU s' 'peak MB'
measure() {  # images, name, command...
  local images=$1 name=$2
  shift 2
  # A killed or failed command must not look like a fast one.
  /usr/bin/time -o "$work/time" -f '%e %U %S %M' "$@" >"$work/out" 2>"$work/err" || { cat "$work/err"; exit 1; }
  read -r wall user system kilobytes < <(tail -1 "$work/time")
  printf '%10s  %-34s %9s %9s %9s\n' "$images" "$name" "$wall" "$(echo "$user + $system" | bc)" $((kilobytes / 1024))
}

for n in $sizes; do
  data=$work/coco-$n
  [[ -d $data ]] || python3 scripts/bench/make_coco.py "$data" "$n"
  labels=$data/annotations/instances_train2017.json
  rm -rf "$work/p" "$work/out.json" "$work/exported"
  "$bin/ds-import" init "$work/p" -q
  measure "$n" 'python3 json.load (reading alone)' python3 -c "import json, sys; json.load(open(sys.argv[1]))" "$labels"
  measure "$n" 'add --link reference' "$bin/ds-import" add "$data" -p "$work/p" --link reference
  measure "$n" 'add again (adds nothing)' "$bin/ds-import" add "$data" -p "$work/p" --link reference
  measure "$n" 'files list, one class in val' "$bin/ds-label" files list -p "$work/p" --where 'class=class07 and split=val'
  measure "$n" 'files list, objects>=20' "$bin/ds-label" files list -p "$work/p" --where 'objects>=20'
  measure "$n" 'files list, part of a name' "$bin/ds-label" files list -p "$work/p" --where 'name~"*99.png" and status=done'
  measure "$n" 'snapshot create' "$bin/ds-import" snapshot create -p "$work/p" --name first
  if ! "$bin/ds-import" snapshot diff --help >"$work/out" 2>&1; then
    skipped 'snapshot diff' "this ds-import has none"
  else
    sqlite3 "$work/p/index.sqlite" 'update annotations set x0 = x0 + 0.25 where id % 100 = 0'
    measure "$n" 'snapshot create (1 % moved)' "$bin/ds-import" snapshot create -p "$work/p" --name second
    measure "$n" 'snapshot diff' "$bin/ds-import" snapshot diff -p "$work/p" first second
  fi
  measure "$n" 'export coco' "$bin/ds-import" export "$work/exported" -p "$work/p" --format coco
  measure "$n" 'export coco, one file' "$bin/ds-import" export "$work/out.json" -p "$work/p" --format coco
  rm -rf "$work/p" "$work/out.json" "$work/exported"
done
