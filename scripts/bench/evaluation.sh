#!/usr/bin/env bash
# Times `ds-compare files` on a COCO-sized benchmark, 5,000 images and 500,000 detections a model, beside
# pycocotools and faster-coco-eval where they can be imported, by turns in one run.
#   scripts/bench/evaluation.sh [BIN_FOLDER] [DATA_FOLDER]
# The data is made by make_bench.py of the shared evaluation cases (needs python3 with numpy) and kept in
# DATA_FOLDER. PYTHON names the interpreter, PEERS a folder with the peers' packages
# (pip install --target). ROUNDS: how often each is run (default 5; the peers at most 3 times); the best by
# wall time counts.
# BOOTSTRAP=no leaves the 1,000 resamples out. Prints Markdown; fails when an AP is not the expected one.
# Needs: time, python3-numpy; for the peers python3-pycocotools, and faster-coco-eval of PyPI.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/needs.sh"
need /usr/bin/time=time
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
bin=$(realpath "${1:-$root/build/release/bin}")
data=${2:-${TMPDIR:-/tmp}/ds-bench-evaluation}
maker=${DS_SHARED:-$(dirname "$root")/shared}/cases/evaluation/make_bench.py
python=${PYTHON:-python3}
rounds=${ROUNDS:-5}
[[ -z ${PEERS:-} ]] || export PYTHONPATH=$PEERS${PYTHONPATH:+:$PYTHONPATH}

[[ -x $bin/ds-compare ]] || { echo "there is no $bin/ds-compare: build it first" >&2; exit 2; }
if [[ ! -f $data/dtB.json ]]; then
  [[ -f $maker ]] || { echo "SKIPPED: $maker is absent (set DS_SHARED)" >&2; exit 0; }
  missing=$(missing_modules "$python" numpy=python3-numpy)
  [[ -z $missing ]] || { skipped "the data" "$python cannot import $missing"; exit 0; }
  "$python" "$maker" "$data" >&2
fi
cd "$data"

cat >peer.py <<'EOF'
import contextlib, io, sys
if sys.argv[1] == "pycocotools":
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval as Eval
else:
    from faster_coco_eval import COCO, COCOeval_faster as Eval
with contextlib.redirect_stdout(io.StringIO()):
    truth = COCO("gt.json")
    run = Eval(truth, truth.loadRes("dtA.json"), "bbox")
    run.evaluate(); run.accumulate(); run.summarize()
print(repr(float(run.stats[0])))
EOF

# once NAME COMMAND...: runs it and adds "cpu wall megabytes" to NAME.times; fails when it does
once() {
  local name=$1
  shift
  /usr/bin/time -f '%U %S %e %M' -o time.txt "$@" >"$name.out" 2>"$name.err" || return
  awk '{ printf "%.2f %.2f %.0f\n", $1 + $2, $3, $4 / 1024 }' time.txt >>"$name.times"
}
# row NAME TITLE [BASE]: the best of NAME as a row of the table, with its multiples of BASE
row() {
  local cpu wall memory base_cpu base_wall base_memory
  read -r cpu wall memory < <(sort -n -k 2 "$1.times")
  if [[ -z ${3:-} ]]; then
    echo "| $2 | $cpu | $wall | $memory | |"
  else
    read -r base_cpu base_wall base_memory < <(sort -n -k 2 "$3.times")
    awk -v t="$2" -v c="$cpu" -v w="$wall" -v m="$memory" -v bc="$base_cpu" -v bw="$base_wall" -v bm="$base_memory" \
      'BEGIN { printf "| %s | %s | %s | %s | %.1f, %.1f, %.1f |\n", t, c, w, m, c / bc, w / bw, m / bm }'
  fi
}

rm -f ./*.times
peers=()
for peer in pycocotools=python3-pycocotools faster_coco_eval=faster-coco-eval; do
  missing=$(missing_modules "$python" "$peer")
  if [[ -z $missing ]]; then peers+=("${peer%%=*}"); else skipped "${peer%%=*}" "$python cannot import $missing"; fi
done
ours() { once "$@" || { echo "$1 failed: $(why_of "$1.err")" >&2; exit 1; }; }
# One that fails is left out from then on.
peers_once() {
  local peer ran=()
  for peer in "${peers[@]}"; do
    if once "$peer" "$python" peer.py "$peer"; then ran+=("$peer"); else skipped "$peer" "$(why_of "$peer.err")"; fi
  done
  peers=("${ran[@]}")
}
for ((i = 0; i < rounds; ++i)); do
  ours ours "$bin/ds-compare" files gt.json dtA.json --json
  ours two "$bin/ds-compare" files gt.json dtA.json dtB.json --json
  ((i >= 3)) || peers_once
done
[[ ${BOOTSTRAP:-yes} == no ]] || ours bootstrap "$bin/ds-compare" files gt.json dtA.json dtB.json --json --resamples 1000

echo "Date: $(date -u +%Y-%m-%d), $(nproc) processors, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), load $(cut -d' ' -f1 /proc/loadavg)"
echo
echo "| what | CPU s | wall s | MB | times the first row (CPU, wall, memory) |"
echo "|---|---|---|---|---|"
row ours "ds-compare files, one model (A)"
row two "ds-compare files, two models"
[[ ! -f bootstrap.times ]] || row bootstrap "ds-compare files, two models, 1,000 paired resamples"
for peer in "${peers[@]}"; do row "$peer" "$peer, one model (A)" ours; done
echo
for peer in "${peers[@]}"; do echo "$peer: AP $(cat "$peer.out")"; done
"$bin/ds-compare" files gt.json dtA.json dtB.json --format csv 2>/dev/null | cut -d, -f2-4 |
  awk -F, -v a=0.3434969135657288 -v b=0.3731977087315691 '
    $1 == "dtA" { d = $2 - a; print "A: AP " $2 ", pycocotools " a; if (d * d > 1e-18) bad = 1 }
    $1 == "dtB" { d = $2 - b; print "B: AP " $2 ", pycocotools " b; if (d * d > 1e-18) bad = 1 }
    END { exit bad }'
