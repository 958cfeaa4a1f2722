#!/usr/bin/env bash
# From labelled pictures to a model that answers requests: import, freeze, train, measure, serve, ask.
#   examples/quickstart.sh [DATA] [WORK]
#     DATA   folder of your dataset, in any format that `ds-import formats` lists; without it (or ""): sample data
#     WORK   folder to make, for everything that comes out; default: quickstart
# The tools are taken from PATH: PATH=/usr/local/bin:$PATH examples/quickstart.sh ~/data/bccd
# Dials, as variables: EPOCHS (30), INPUT_SIZE (160; larger finds smaller objects), ARCH (yolox-nano; `ds-train archs`
# lists them), IMAGES (120; how much sample data), PORT (0: any free one), KEEP (no; yes leaves the server running).
set -euo pipefail
data=${1:-}
work=${2:-quickstart}
mkdir "$work" # an earlier result is not overwritten: this fails when the folder is there
work=$(realpath "$work")
export DS_PROJECT=$work/project # every tool finds the project by it

step() { printf '\n== %s\n' "$*"; }

step "Data"
if [[ -z $data ]]; then
  data=$work/sample
  ds-import sample "$data" --images "${IMAGES:-120}" --seed 1 --no-video
fi
# The classes come from the dataset, and so do its splits; where it has none, 15 % are for choosing, 15 % for the test.
ds-import init "$DS_PROJECT"
ds-import add "$data"
ds-import check --fail-on error # wrong boxes teach wrong things: see docs/IMPORT.md for `ds-import fix`
# Training, comparison and any later question refer to this version, whatever is labelled meanwhile.
ds-import snapshot create --name first

step "Training: ds-train watch, in another terminal, shows the curves"
ds-train run --snapshot first --arch "${ARCH:-yolox-nano}" --input-size "${INPUT_SIZE:-160}" --epochs "${EPOCHS:-30}" \
  --name first

step "Comparison, on pictures that the training has not seen"
ds-compare eval first --snapshot first --split test
ds-compare report -o "$work/report.html"

step "Service"
ds-deploy create quickstart --model first --port "${PORT:-0}"
stop() { if [[ ${KEEP:-no} != yes ]]; then ds-deploy stop quickstart; fi; }
trap stop EXIT
picture=$(find "$data" -type f \( -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.png' \) -print -quit)
ds-deploy call quickstart "$picture"
ds-deploy call quickstart "$picture" -o "$work/answer.jpg"

echo
echo "In $work: the project, report.html (open it in a browser), answer.jpg (what the server found)."
