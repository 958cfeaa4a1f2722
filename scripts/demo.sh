#!/usr/bin/env bash
# The whole loop on generated data: import, label, train, compare, deploy, capture, review, retrain, promote.
#   scripts/demo.sh [FOLDER]    where to work; default build/demo, emptied first
# Installs and builds what is missing (DS_BIN=FOLDER uses tools that are there already). Dials, for a quicker or a longer
# look: DS_DEMO_IMAGES (160), DS_DEMO_BUDGET (90s: training time for both candidates), DS_DEMO_THREADS (all).
set -euo pipefail
source_folder=$(cd "$(dirname "$0")/.." && pwd)
cd "$source_folder"
images=${DS_DEMO_IMAGES:-160}
budget=${DS_DEMO_BUDGET:-90s}
if [[ -z ${DS_BIN:-} ]]; then
  scripts/build.sh dev
  DS_BIN=$source_folder/build/dev/bin
fi
export PATH=$DS_BIN:$PATH
work=$(realpath -m "${1:-build/demo}")
if [[ -e $work ]]; then
  # An earlier demo may have left its server running.
  [[ ! -d $work/shop ]] || DS_PROJECT=$work/shop ds-deploy stop camera 2>/dev/null || true
  rm -rf "$work"
fi
mkdir -p "$work"
cd "$work"
export DS_PROJECT=$work/shop
trap 'ds-deploy stop camera >/dev/null 2>&1 || true' EXIT

step() { printf '\n== %s\n' "$*"; }
# Shows a command, then runs it.
show() {
  printf '$ %s\n' "$*"
  "$@"
}

step "Sample data: coloured shapes, and a short video"
show ds-import sample data --images "$images" --seed 1
show ds-import sample more --images 40 --seed 2 --no-video

step "A project, and the labelled images in it"
show ds-import init shop --name Shop --description "Shapes on a conveyor" --classes "$(ds-import sample --help >/dev/null && awk '/^names:/{f=1;next} f&&/^ /{sub(/^ *[0-9]+: */,"");printf "%s%s",s,$0;s=","}' data/data.yaml)"
show ds-import add data
show ds-import check
show ds-import stats

step "A person labels: the dashboard, a box drawn and taken back"
show ds-label status
first=$(ds-label files list --where split=train --limit 1 --json | head -n 1 | sed 's/.*"name": *"\([^"]*\)".*/\1/')
