#!/usr/bin/env bash
# One dataset through the whole loop with the real tools: import -> train -> compare -> deploy -> capture -> review ->
# retrain -> promotion into the running server -> rollback. Each step is asserted; the training is only long enough
# to make a model, so the gate is wide.
#   loop_test.sh BIN_FOLDER
set -euo pipefail
export PATH=$(realpath "$1"):$PATH
work=$(mktemp -d)
cd "$work"
export DS_PROJECT=$work/shop DS_USER=ada NO_COLOR=1
cleanup() {
  ds-deploy stop camera >/dev/null 2>&1 || true
  rm -rf "$work"
}
trap cleanup EXIT

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  tail -n 20 shop/retrain/camera/cycles/*/*.log shop/deployments/camera/log.txt >&2 2>/dev/null || true
  exit 1
}
expect() { # WHAT SEEN EXPECTED
  [[ $2 == "$3" ]] || fail "$1: '$2', expected '$3'"
  echo "ok: $1: $2"
}
# The whole output is taken before it is searched: a reader that stops early would end the tool with SIGPIPE.
says() { # WHAT PATTERN COMMAND...
  local what=$1 pattern=$2 output
  shift 2
  output=$("$@") || fail "$what: exit $?"
  grep -q -- "$pattern" <<<"$output" || fail "$what: no '$pattern' in: $output"
}
# The first value of a key in a JSON text.
value() { sed -nE "0,/\"$1\":/s/.*\"$1\": *\"?([^\",}]*).*/\1/p"; }
model_of() { ds-deploy status camera --json | value model; }

# import
ds-import sample data --images 110 --seed 1 --size 160x120 --no-video -q >/dev/null
ds-import sample more --images 16 --seed 2 --size 160x120 --no-video -q >/dev/null
ds-import init shop --name Shop --classes disc,square,triangle -q >/dev/null
ds-import add data -q >/dev/null
expect "images" "$(ds-import stats --json | value images)" 110
snapshot=$(ds-import snapshot create --json | value id)

# train
ds-train run --snapshot "$snapshot" --arch yolox-nano --input-size 160x128 --epochs 12 --threads 2 -q >/dev/null
champion=$(ds-train list --json | value model)
[[ $champion == m-* ]] || fail "no model was registered"
echo "ok: trained $champion"

# compare
ds-compare eval "$champion" --snapshot "$snapshot" --split test --threads 2 -q >/dev/null
says "the table" ',' ds-compare table --format csv -q

# deploy, with capture
ds-deploy create camera --model "$champion" --port 0 --capture uniform=1,holdout=0.2 -q >/dev/null
expect "in production" "$(model_of)" "$champion"

# The gate is wide: so short a training promises nothing about quality.
ds-retrain init camera --min-new-images 5 --cooldown 0 --epochs 6 --max-loss 1 --max-class-loss 1 --min-test-images 5 \
  --max-latency-ratio 20 --resamples 100 --bake-window 0 -q >/dev/null
expect "nothing to do yet" "$(ds-retrain run --detailed-exitcode >/dev/null && echo 0 || echo $?)" 10

# calls
ds-deploy call camera $(find more -name '*.jpg' | sort) -q >/dev/null
for _ in $(seq 50); do
  (($(find shop/deployments/camera/captures -name '*.json' | wc -l) == 16)) && break
  sleep 0.2
done
expect "captures" "$(find shop/deployments/camera/captures -name '*.json' | wc -l)" 16

# collect, and a person's review
collected=$(ds-retrain collect --json)
expect "collected" "$(value new_images <<<"$collected")" 16
expect "collected again" "$(ds-retrain collect --json | value new_images)" 0
expect "waits for labels" "$(ds-retrain run --detailed-exitcode >/dev/null && echo 0 || echo $?)" 11
ds-label files list --where 'status=review' --json | grep -o '"name": *"[^"]*"' | cut -d'"' -f4 >names
while read -r name; do ds-label review accept "$name" -q >/dev/null; done <names
expect "under review" "$(ds-label files list --where 'status=review' --json | grep -c '"name"')" 0

# The champion's classes stand in another order than the project's from here on: its class layer follows the names.
ds-label classes reorder triangle disc square -q >/dev/null

# retrain: each tick is one stage; the training one is killed with -9 and repeated
for stage in train evaluate gate promote bake; do
  if [[ $stage == evaluate ]]; then { timeout -s KILL 4 ds-retrain tick || true; } >/dev/null 2>&1; fi
  # A killed training may hold its lock for a moment more: the tick then says that it waits.
  for _ in $(seq 100); do
    [[ $(ds-retrain explain --json | value stage) == "$stage" ]] && break
    ds-retrain tick --threads 2
    sleep 0.1
  done
  expect "stage" "$(ds-retrain explain --json | value stage)" "$stage"
done
says "the challenger's class layer" 'class layer by name: triangle, disc, square (in the weights: disc, square, triangle)' \
  cat shop/runs/"$(ds-train list --json | value run)"/log.txt
expect "one training" "$(ds-train list --json | grep -o '"run": *"[^"]*"' | wc -l)" 2
challenger=$(model_of)
[[ $challenger != "$champion" ]] || fail "the running server still serves $champion"
echo "ok: the running server serves $challenger, generation $(ds-deploy status camera --json | value generation)"
expect "champion" "$(ds-retrain status --json | value production)" "$challenger"
ds-deploy call camera "$(find more -name '*.jpg' -print -quit)" -q >/dev/null
ds-retrain run
expect "idle again" "$(ds-retrain explain --json | value stage)" idle
expect "silent when nothing changed" "$(ds-retrain run)" ""
says "log --at" "^$challenger was in production" ds-retrain log --at "$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)"

# back again, for good
ds-retrain rollback --reason test >/dev/null
expect "rolled back" "$(model_of)" "$champion"
expect "not promoted again" "$(ds-retrain promote "$challenger" --force --reason x 2>/dev/null && echo 0 || echo $?)" 2

# a gate that cannot tell: 5, and production stays
sed -i 's/^epochs:.*/epochs: 1/; s/^min_new_images:.*/min_new_images: 1/; s/^min_test_images:.*/min_test_images: 999/' \
  shop/retrain/camera/retrain.yaml
ds-import sample third --images 5 --seed 3 --size 160x120 --no-video -q >/dev/null
ds-deploy call camera $(find third -name '*.jpg') -q >/dev/null
for _ in $(seq 50); do
  (($(find shop/deployments/camera/captures -name '*.json' | wc -l) == 21)) && break
  sleep 0.2
done
ds-retrain collect
ds-label files list --where 'status=review' --json | grep -o '"name": *"[^"]*"' | cut -d'"' -f4 >names
while read -r name; do ds-label review accept "$name" -q >/dev/null; done <names
expect "not enough data" "$(ds-retrain run --threads 2 >said && echo 0 || echo $?)" 5
grep -q '^undecided: not enough data to tell: images of the frozen test set 15 (needs >= 999)' said || fail "$(<said)"
expect "production unchanged" "$(model_of)" "$champion"
echo "passed in $SECONDS s"
