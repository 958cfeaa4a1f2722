#!/usr/bin/env bash
# examples/ci-gate/gate.sh: each of its exit codes, made by predictions whose quality is known.
#   ci_gate_test.sh BIN_FOLDER
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
gate=$examples/ci-gate/gate.sh
export RESAMPLES=200
unset GITHUB_STEP_SUMMARY

# 40 images with one object of 50 x 50 pixels each.
{
  echo '{"categories": [{"id": 1, "name": "cat"}], "images": ['
  for i in $(seq 40); do echo "$([[ $i == 1 ]] || echo ,){\"id\": $i}"; done
  echo '], "annotations": ['
  for i in $(seq 40); do
    printf '%s{"id": %d, "image_id": %d, "category_id": 1, "bbox": [%d, 10, 50, 50], "area": 2500}\n' \
      "$([[ $i == 1 ]] || echo ,)" "$i" "$i" "$i"
  done
  echo ']}'
} >truth.json
# Boxes SHIFT pixels too far right have IoU (50 - SHIFT) / (50 + SHIFT): right at as many of COCO's ten limits.
model() { # FILE SHIFT
  {
    echo '['
    for i in $(seq 40); do
      printf '%s{"image_id": %d, "category_id": 1, "bbox": [%d, 10, 50, 50], "score": 0.%d}\n' \
        "$([[ $i == 1 ]] || echo ,)" "$i" "$((i + $2))" "$((100 - i))"
    done
    echo ']'
  } >"$1"
}
model near.json 2 # IoU .923: 9 of 10 limits, AP .9
model far.json 9  # IoU .695: 4 of 10 limits, AP .4

run 0 "$gate" truth.json far.json near.json better
says said 'AP>=baseline-0.02 .*0\.4000 .*0\.9000 .*pass'
says better/gate.md '^## Detection gate'
says better/gate.md '\| near \| 0\.900'
says better/gate.xml 'tests="1" failures="0" errors="0"'

export GITHUB_STEP_SUMMARY=$work/summary.md
RULES='AP>=baseline-0.01 AP50>=0.5' run 4 "$gate" truth.json near.json far.json worse
unset GITHUB_STEP_SUMMARY
says worse/gate.md 'regression: candidate far\.json against baseline near\.json'
says worse/gate.md '\| far \| 0\.400'
says worse/gate.xml 'tests="2" failures="1" errors="0"'
cmp worse/gate.md summary.md || fail "the page of the run is not gate.md"

MIN_GROUPS=100 run 5 "$gate" truth.json far.json near.json unknown
says unknown/gate.md 'not enough data'
says unknown/gate.xml 'errors="1"'

echo '[{"image_id": 99, "category_id": 1, "bbox": [1, 1, 5, 5], "score": 0.5}]' >stray.json
run 3 "$gate" truth.json far.json stray.json broken
says complaints 'stray\.json'
[[ ! -e broken/gate.md ]] || fail "bad input has a verdict"
run 2 "$gate" truth.json

# In a project, with models that were evaluated there: two that find what they find whatever the picture shows.
ds-import sample shapes --images 60 --size 96x96 --classes 2 --no-video --seed 5 -q >/dev/null
ds-import convert shapes named --to coco --with-images --rename-class disc=cat --rename-class square=dog -q >/dev/null
ds-import init project --classes cat,dog -q >/dev/null
export DS_PROJECT=$work/project
ds-import add named --split test -q >/dev/null
models=$examples/../tests/data/models
ds-compare eval "$models/left-cat" "$models/right-dog" --resamples 0 -q >/dev/null
RULES='AP>=0' run 0 "$gate" "" left-cat right-dog project-gate
says project-gate/gate.md 'pass: candidate right-dog against baseline left-cat'
says project-gate/gate.md '\| left-cat \|'

# The snippets call the script with what it takes, and are YAML.
for snippet in github gitlab; do
  file=$examples/ci-gate/$snippet.yaml
  says "$file" 'ci/gate\.sh predictions/truth\.json champion\.json predictions/model\.json gate'
  if python3 -c 'import yaml' 2>/dev/null; then
    python3 -c 'import sys, yaml; yaml.safe_load(open(sys.argv[1]))' "$file" || fail "$file is no YAML"
  fi
done
echo "passed in $SECONDS s"
