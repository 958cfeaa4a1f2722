#!/usr/bin/env bash
# The whole loop on generated data: import, label, train, compare, deploy, capture, review, retrain, promote.
#   scripts/demo.sh [FOLDER]    where to work; default build/demo, emptied first
# Installs and builds what is missing (DS_BIN=FOLDER uses tools that are there already). Dials, for a quicker or a longer
# look: DS_DEMO_IMAGES (160 pictures), DS_DEMO_EPOCHS (30 for each of the first two models).
set -euo pipefail
source_folder=$(cd "$(dirname "$0")/.." && pwd)
images=${DS_DEMO_IMAGES:-160}
epochs=${DS_DEMO_EPOCHS:-30}
work=$(realpath -m "${1:-$source_folder/build/demo}")
if [[ -z ${DS_BIN:-} ]]; then
  "$source_folder/scripts/build.sh" dev tools
  DS_BIN=$source_folder/build/dev/bin
fi
PATH=$(realpath "$DS_BIN"):$PATH
export PATH DS_PROJECT=$work/shop

# An earlier demo may have left its server running, and this one must not.
stop_server() { if [[ -d $DS_PROJECT ]]; then ds-deploy stop camera -q >/dev/null 2>&1 || true; fi; }
stop_server
rm -rf "$work"
mkdir -p "$work"
cd "$work"
trap stop_server EXIT

step() { printf '\n\033[1m== %s\033[0m\n' "$*"; }
# Shows a command, then runs it.
show() {
  printf '\n$ %s\n' "$*"
  "$@"
}

step "1. Sample data: coloured shapes with exact labels"
show ds-import sample data --images "$images" --seed 1 --no-video
ds-import sample new --images 12 --seed 2 --no-video -q >/dev/null
ds-import sample production --images 40 --seed 3 --no-video --min-size 0.08 -q >/dev/null

step "2. A project, and the labelled pictures in it"
show ds-import init shop --name Shop --description "Shapes on a conveyor" --classes disc,square,triangle
show ds-import add data
show ds-import check
show ds-import stats

step "3. Labelling: new pictures arrive, a person draws a box and thinks again"
show ds-import add new/images --labels ignore
picture=$(ds-label queue --json | sed -n '1s/.*"image": *"\([^"]*\)".*/\1/p')
show ds-label annotate add "$picture" --class disc --box 20,30,60,50
show ds-label history "$picture"
show ds-label render "$picture" -o picture.png
show ds-label undo "$picture"
show ds-label status

step "4. A frozen version of the dataset, and two models trained on it"
show ds-import snapshot create --name first
show ds-train run --snapshot first --priority speed --candidates 2 --epochs "$epochs" --input-size 160 --name shapes

step "5. An honest comparison on the test split"
mapfile -t models < <(ds-train list --json | sed -n 's/.*"model": *"\(m-[^"]*\)".*/\1/p')
show ds-compare eval "${models[@]}" --snapshot first --split test -q
best=$(ds-compare best --split test)
show ds-compare report -o report.html

step "6. The best one proposes labels for the new pictures; a person reviews them"
show ds-label auto --model "$best" --where status=unlabelled --min-score 0.4
show ds-label review accept --where status=review | tail -n 4

step "7. Into production: a server that keeps what it sees"
show ds-deploy create camera --model "$best" --port 0 --capture uniform=1
show ds-deploy call camera "$(find production -name '*.jpg' | sort | head -n 1)" -o answer.png
find production -name '*.jpg' | sort | tail -n +2 | xargs ds-deploy call camera -q >/dev/null
show ds-deploy status camera

step "8. What came in is labelled, and a challenger is trained, judged and promoted"
show ds-retrain init camera --min-new-images 10 --cooldown 0 --epochs "$epochs" --max-loss 0.1 --max-class-loss 0.3 \
  --min-test-images 15 --max-latency-ratio 3 --bake-window 0
show ds-retrain collect
show ds-label review accept --where status=review | tail -n 4
show ds-retrain run
show ds-retrain explain
show ds-retrain log

step "Summary"
ds-retrain status
ds-deploy status camera
echo
echo "In $work:"
echo "  shop/         the project     report.html   the comparison"
echo "  picture.png   a label drawn   answer.png    what the server found"
echo "The loop took $((SECONDS / 60)) min $((SECONDS % 60)) s. Run it again: what is built stays built."
