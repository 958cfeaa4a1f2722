#!/usr/bin/env bash
# Images per second and peak memory of the whole training step with data loading, ours and YOLOX's side by side:
# yolox-nano, 416x416, batch 8, two threads, on the train split of a Pascal VOC dataset.
#   scripts/bench/train_speed.sh BIN VOC_DATASET YOLOX_CHECKOUT [STEPS]
# VOC_DATASET: the folder that holds Annotations, ImageSets and JPEGImages. YOLOX_CHECKOUT is used as it is. Ours and theirs run
# by turns, three times; run it on a quiet machine. Prints Markdown. PYTHON names the interpreter, default /usr/bin/python3.
# Needs: python3, sqlite3; for YOLOX python3-torch, python3-torchvision, python3-opencv, python3-numpy, python3-loguru, python3-tabulate,
# python3-psutil, python3-packaging, python3-tqdm.
set -euo pipefail
if (($# < 3)); then
  sed -n '2,8s/^# //p' "$0" >&2
  exit 2
fi
source "$(dirname "${BASH_SOURCE[0]}")/needs.sh"
python=${PYTHON:-/usr/bin/python3}
need "$python=python3" sqlite3=sqlite3
here=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
PATH=$(realpath "$1"):$PATH
data=$(realpath "$2")
checkout=$(realpath "$3")
steps=${4:-40}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export PATH

ds-import init "$work/voc" --name voc -q
ds-import add -p "$work/voc" "$data" -q
ds-import snapshot -p "$work/voc" create --name all -q
images=$(sqlite3 "$work/voc/index.sqlite" "select count(*) from images where split = 'train'")
epochs=$(((steps * 8 + images - 1) / images + 1)) # the first one fills the caches and does not count
classes=$(sqlite3 "$work/voc/index.sqlite" "select group_concat(name) from classes")

ours() { # OPTIONS: images/s of the last epoch, MB
  rm -rf "$work/run"
  cp -r "$work/voc" "$work/run"
  "$python" "$here/peak_memory.py" "$work/memory" ds-train run -p "$work/run" --snapshot all --arch yolox-nano \
    --input-size 416x416 --batch 8 --threads 2 --epochs "$epochs" --eval-every 1000 --mosaic 0.5 -q "$@" >/dev/null 2>"$work/ours.log" || return
  sed -n 's/.*"images_per_s":\([0-9.]*\).*/\1/p' "$work"/run/runs/*/metrics.jsonl | tail -1 | xargs printf '%.2f '
  cat "$work/memory"
}
theirs() { # images/s, MB; fails when it does not run
  "$python" "$here/peak_memory.py" "$work/memory" "$python" "$here/yolox_steps.py" "$checkout" "$data" \
    "$classes" "$steps" >"$work/speed" 2>"$work/yolox.log" || return
  awk '{ printf "%s ", $1 }' "$work/speed"
  cat "$work/memory"
}
# Theirs, or dashes from the first time on that it does not run.
peer=yes
missing=$(missing_modules "$python" torch=python3-torch torchvision=python3-torchvision cv2=python3-opencv numpy=python3-numpy \
  loguru=python3-loguru tabulate=python3-tabulate psutil=python3-psutil packaging=python3-packaging tqdm=python3-tqdm)
if [[ -n $missing ]]; then
  peer=no
  skipped YOLOX "$python cannot import $missing"
fi
measure_theirs() {
  their_speed=- their_memory=-
  [[ $peer == yes ]] || return 0
  if theirs >"$work/theirs"; then
    read -r their_speed their_memory <"$work/theirs"
  else
    peer=no
    skipped YOLOX "$(why_of "$work/yolox.log")"
  fi
}
measure_ours() { # SPEED MEMORY OPTIONS: into the variables of these names
  local -n speed=$1 memory=$2
  shift 2
  ours "$@" >"$work/ours" || { echo "ds-train failed: $(why_of "$work/ours.log")" >&2; exit 1; }
  read -r speed memory <"$work/ours"
}

echo "Date: $(date -u +%Y-%m-%d), $(nproc) processors, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), load $(cut -d' ' -f1 /proc/loadavg)"
echo
echo "| round | YOLOX images/s | MB | ds images/s | MB | ds, --cache ram | MB | speed ratio | memory ratio |"
echo "|---|---|---|---|---|---|---|---|---|"
for round in 1 2 3; do
  measure_theirs
  measure_ours our_speed our_memory
  measure_ours ram_speed ram_memory --cache ram
  awk -v r="$round" -v a="$their_speed" -v b="$their_memory" -v c="$our_speed" -v d="$our_memory" -v e="$ram_speed" \
    -v f="$ram_memory" 'BEGIN {
      ratios = a == "-" ? "- | -" : sprintf("%.2f, %.2f | %.2f, %.2f", c / a, e / a, d / b, f / b)
      printf "| %d | %s | %s | %s | %s | %s | %s | %s |\n", r, a, b, c, d, e, f, ratios }'
done
