#!/usr/bin/env bash
# Accuracy of 15 minutes of training on BCCD, from scratch and from COCO weights, printed side by side.
#   scripts/bench/bccd.sh BIN DATA WEIGHTS [SEED]
# BIN: folder with the tools; DATA: the BCCD dataset (VOC); WEIGHTS: yolox-nano trained on COCO (.pth or .safetensors).
# Needs: nothing but the tools.
set -euo pipefail
if (($# < 3)); then
  sed -n '2,5s/^# //p' "$0" >&2
  exit 2
fi
PATH=$(realpath "$1"):$PATH
data=$(realpath "$2")
weights=$(realpath "$3")
seed=${4:-0}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH DS_PROJECT=$work/bccd
ds-import init "$DS_PROJECT" --name BCCD -q
ds-import add "$data" -q
ds-import snapshot create --name all
common=(--snapshot all --arch yolox-nano --flip-vertical 0.5 --budget 15m --seed "$seed" -q)
time ds-train run "${common[@]}" --input-size 320 --name scratch-320
time ds-train run "${common[@]}" --input-size 416 --weights "$weights" --name coco-416
ds-compare eval scratch-320 coco-416 --snapshot all --split test --per-class -q
