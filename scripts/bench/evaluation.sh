#!/usr/bin/env bash
# Times `ds-compare files` on a COCO-sized benchmark: 5,000 images, 500,000 detections a model.
#   scripts/bench/evaluation.sh [BIN_FOLDER] [DATA_FOLDER]
# The data is made by make_bench.py of the shared evaluation cases (needs python3 with numpy) and kept in
# DATA_FOLDER. pycocotools is timed beside it where it can be imported. Prints Markdown.
set -euo pipefail
root=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
bin=$(realpath "${1:-$root/build/release/bin}")
data=${2:-${TMPDIR:-/tmp}/ds-bench-evaluation}
maker=${DS_SHARED:-$(dirname "$root")/shared}/cases/evaluation/make_bench.py
python=${PYTHON:-python3}

[[ -x $bin/ds-compare ]] || { echo "there is no $bin/ds-compare: build it first" >&2; exit 2; }
if [[ ! -f $data/dtB.json ]]; then
  [[ -f $maker ]] || { echo "SKIPPED: $maker is absent (set DS_SHARED)" >&2; exit 0; }
  "$python" -c 'import numpy' 2>/dev/null || { echo "SKIPPED: $python has no numpy" >&2; exit 0; }
  "$python" "$maker" "$data" >&2
fi
cd "$data"

# measure NAME COMMAND...: best of five by CPU time, as a row of the table
measure() {
  local name=$1 best=
  shift
  for _ in 1 2 3 4 5; do
    /usr/bin/time -f '%U %S %e %M' -o time.txt "$@" >result.txt 2>/dev/null
    best=$(printf '%s\n%s\n' "$best" "$(awk '{ printf "%.2f %.2f %.0f", $1 + $2, $3, $4 / 1024 }' time.txt)" |
      grep . | sort -n | head -1)
  done
  read -r cpu wall memory <<<"$best"
  echo "| $name | $cpu | $wall | $memory |"
}

echo "Date: $(date -u +%Y-%m-%d), $(nproc) processors, $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1), load $(cut -d' ' -f1 /proc/loadavg)"
echo
echo "| what | CPU s | wall s | MB |"
echo "|---|---|---|---|"
measure "one model (A)" "$bin/ds-compare" files gt.json dtA.json --json
measure "two models" "$bin/ds-compare" files gt.json dtA.json dtB.json --json
if [[ ${BOOTSTRAP:-yes} == yes ]]; then
  /usr/bin/time -f '%U %S %e %M' -o time.txt "$bin/ds-compare" files gt.json dtA.json dtB.json --json --resamples 1000 >result.txt
  awk '{ printf "| two models, 1,000 paired resamples | %.2f | %.2f | %.0f |\n", $1 + $2, $3, $4 / 1024 }' time.txt
fi
if "$python" -c 'import pycocotools' 2>/dev/null; then
  cat >peer.py <<'EOF'
import contextlib, io
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
with contextlib.redirect_stdout(io.StringIO()):
    truth = COCO("gt.json")
    run = COCOeval(truth, truth.loadRes("dtA.json"), "bbox")
    run.evaluate(); run.accumulate(); run.summarize()
print(repr(run.stats[0]))
EOF
  /usr/bin/time -f '%U %S %e %M' -o time.txt "$python" peer.py >peer.txt
  awk '{ printf "| pycocotools, one model | %.2f | %.2f | %.0f |\n", $1 + $2, $3, $4 / 1024 }' time.txt
fi
echo
"$bin/ds-compare" files gt.json dtA.json dtB.json --format csv 2>/dev/null | cut -d, -f2-4 |
  awk -F, -v a=0.3434969135657288 -v b=0.3731977087315691 '
    $1 == "dtA" { d = $2 - a; print "A: AP " $2 ", pycocotools " a; if (d * d > 1e-18) bad = 1 }
    $1 == "dtB" { d = $2 - b; print "B: AP " $2 ", pycocotools " b; if (d * d > 1e-18) bad = 1 }
    END { exit bad }'
