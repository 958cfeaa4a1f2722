#!/usr/bin/env bash
# Accuracy of 20 minutes of training on photos of playing cards, from COCO weights.
#   scripts/bench/cards.sh BIN DATA WEIGHTS [SEED]
# BIN: folder with the tools; DATA: folder with train/ and test/ (Pascal VOC); WEIGHTS: yolox-nano trained on COCO.
# About 40 of the training photos become the val split, by class (ds-import split --stratify).
# Needs: nothing but the tools.
set -euo pipefail
if (($# < 3)); then
  sed -n '2,6s/^# //p' "$0" >&2
  exit 2
fi
PATH=$(realpath "$1"):$PATH
data=$(realpath "$2")
weights=$(realpath "$3")
seed=${4:-0}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH DS_PROJECT=$work/cards
ds-import init "$DS_PROJECT" --name cards -q
ds-import add "$data" -q
ds-import split --reassign --where 'split!=test' --train .72 --val .10 --test .18 --stratify -q
ds-import snapshot create --name all
time ds-train run --snapshot all --arch yolox-nano --budget 20m --seed "$seed" --input-size 416 --weights "$weights" \
  --name cards-416 -q
ds-compare eval cards-416 --snapshot all --split test --per-class -q
