#!/usr/bin/env bash
# examples/cron-retrain/retrain.sh through the days of a small project: nothing due, captures that wait, a promotion,
# and the two ways in which a gate does not pass. The trainings only make a model, so the gate is as wide as each case
# needs.
#   cron_retrain_test.sh BIN_FOLDER
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export DS_PROJECT=$work/shop THREADS=2
clean_up() { ds-deploy stop camera; }
retrain() { # EXPECTED-CODE
  run "$1" "$examples/cron-retrain/retrain.sh" "$DS_PROJECT" camera
}
policy() { # KEY VALUE
  grep -q "^$1:" "$DS_PROJECT/retrain/camera/retrain.yaml" || fail "retrain.yaml has no $1"
  sed -i "s/^$1:.*/$1: $2/" "$DS_PROJECT/retrain/camera/retrain.yaml"
}
in_production() { ds-deploy status camera --json | value model; }
# Pictures are sent, kept by the server, collected by a round, and reviewed.
capture() { # FOLDER COUNT-IN-ALL
  ds-deploy call camera "$1"/*/*/*.jpg -q >/dev/null
  for _ in $(seq 50); do
    (($(find "$DS_PROJECT/deployments/camera/captures" -name '*.json' | wc -l) == $2)) && return
    sleep 0.2
  done
  fail "the server did not keep $2 pictures"
}

ds-import sample data --images 110 --size 96x96 --classes 2 --no-video --seed 1 -q >/dev/null
for day in 1 2 3; do
  ds-import sample "day$day" --images 4 --size 96x96 --classes 2 --no-video --seed "1$day" -q >/dev/null
done
ds-import init shop --classes disc,square -q >/dev/null
ds-import add data -q >/dev/null
ds-train run --arch yolox-nano --input-size 64 --batch 4 --epochs 2 --threads 2 --name first -q >/dev/null 2>&1
ds-deploy create camera --model first --port 0 --capture uniform=1,holdout=0 -q >/dev/null
ds-retrain init camera --min-new-images 3 --cooldown 0 --epochs 1 --max-loss 1 --max-class-loss 1 --min-test-images 1 \
  --max-latency-ratio 50 --resamples 100 --bake-window 0 --max-rejects 9 -q >/dev/null
champion=$(in_production)

retrain 0
expect "nothing due, nothing said" "$(cat said complaints)" ""

capture day1 4
retrain 0
says said '^collected 4 captured images'
retrain 0
expect "waiting for labels is no news twice" "$(cat said complaints)" ""
ds-label review accept --where status=review -q >/dev/null
retrain 0
says said '^bake: .* is in production'
challenger=$(in_production)
[[ $challenger != "$champion" ]] || fail "$champion is still in production"
echo "ok: $challenger is in production in place of $champion"

policy min_test_images 999
capture day2 8
retrain 0
ds-label review accept --where status=review -q >/dev/null
retrain 5
says said '^undecided: not enough data to tell'
says said '^camera: label more images of the split test'

policy min_test_images 1
policy max_size_ratio 0.001
capture day3 12
retrain 0
ds-label review accept --where status=review -q >/dev/null
retrain 4
says said '^rejected: '
says said '^camera: the champion stays'
expect "in production" "$(in_production)" "$challenger"

# What calls it: each names the script, and the notifications are such as the project takes.
for caller in crontab ds-retrain.service; do
  says "$examples/cron-retrain/$caller" '/opt/ds/retrain\.sh /srv/ds/cells cells$'
done
sed -i '/^notifications: \[\]$/d' "$DS_PROJECT/project.yaml"
grep -v '^#' "$examples/cron-retrain/notifications.yaml" >>"$DS_PROJECT/project.yaml"
retrain 0
if command -v systemd-analyze >/dev/null; then
  mkdir units
  cp "$examples"/cron-retrain/ds-retrain.{service,timer} units
  sed -i "s#/opt/ds/retrain.sh#$examples/cron-retrain/retrain.sh#" units/ds-retrain.service
  systemd-analyze verify "$work"/units/ds-retrain.* >complaints 2>&1 || fail "the units are not what systemd takes"
fi
echo "passed in $SECONDS s"
