#!/usr/bin/env bash
# Images per second and peak memory of the whole training step with data loading, ours and YOLOX's side by side:
# yolox-nano, 416x416, batch 8, two threads, on the train split of a Pascal VOC dataset.
#   scripts/bench/train_speed.sh BIN VOC_DATASET YOLOX_CHECKOUT [STEPS]
# VOC_DATASET: the folder that holds Annotations, ImageSets and JPEGImages. YOLOX_CHECKOUT is used as it is, with
# /usr/bin/python3 (packages python3-torch, python3-opencv, python3-loguru, python3-tabulate, python3-psutil,
# python3-packaging). Ours and theirs run by turns, three times; run it on a quiet machine. Prints Markdown.
set -euo pipefail
if (($# < 3)); then
  sed -n '2,7s/^# //p' "$0" >&2
  exit 2
fi
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
PATH=$(realpath "$1"):$PATH
data=$(realpath "$2")
checkout=$(realpath "$3")
steps=${4:-40}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH

ds-import init "$work/voc" --name voc -q
ds-import add -p "$work/voc" "$data" -q 2>/dev/null
ds-import snapshot -p "$work/voc" create --name all -q
images=$(sqlite3 "$work/voc/index.sqlite" "select count(*) from images where split = 'train'")
epochs=$(((steps * 8 + images - 1) / images + 1)) # the first one fills the caches and does not count
classes=$(sqlite3 "$work/voc/index.sqlite" "select group_concat(name) from classes")

ours() { # OPTIONS: images/s of the last epoch, MB
  rm -rf "$work/run"
  cp -r "$work/voc" "$work/run"
  /usr/bin/python3 "$here/peak_memory.py" "$work/memory" ds-train run -p "$work/run" --snapshot all --arch yolox-nano \
    --input-size 416x416 --batch 8 --threads 2 --epochs "$epochs" --eval-every 1000 --mosaic 0.5 -q "$@" >/dev/null 2>&1
  sed -n 's/.*"images_per_s":\([0-9.]*\).*/\1/p' "$work"/run/runs/*/metrics.jsonl | tail -1 | xargs printf '%.2f '
  cat "$work/memory"
}
theirs() {
  /usr/bin/python3 "$here/peak_memory.py" "$work/memory" /usr/bin/python3 "$here/yolox_steps.py" "$checkout" "$data" \
    "$classes" "$steps" 2>/dev/null | awk '{ printf "%s ", $1 }'
  cat "$work/memory"
}

echo "Date: $(date -u +%Y-%m-%d), $(nproc) processors, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), load $(cut -d' ' -f1 /proc/loadavg)"
echo
echo "| round | YOLOX images/s | MB | ds images/s | MB | ds, --cache ram | MB | speed ratio | memory ratio |"
echo "|---|---|---|---|---|---|---|---|---|"
for round in 1 2 3; do
  read -r their_speed their_memory < <(theirs)
  read -r our_speed our_memory < <(ours)
  read -r ram_speed ram_memory < <(ours --cache ram)
  awk -v r="$round" -v a="$their_speed" -v b="$their_memory" -v c="$our_speed" -v d="$our_memory" -v e="$ram_speed" \
    -v f="$ram_memory" \
    'BEGIN { printf "| %d | %s | %s | %s | %s | %s | %s | %.2f, %.2f | %.2f, %.2f |\n", r, a, b, c, d, e, f, c / a, e / a, d / b, f / b }'
done
