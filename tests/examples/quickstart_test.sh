#!/usr/bin/env bash
# examples/quickstart.sh on a dataset of one's own and on sample data, with its dials small.
#   quickstart_test.sh BIN_FOLDER
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
clean_up() { for project in */project; do ds-deploy stop quickstart -p "$project"; done; }
export INPUT_SIZE=96

# Somebody's pictures, in another format than the samples have, under a name with a blank.
ds-import sample "own pictures" --images 40 --size 160x120 --format coco --no-video --seed 4 -q >/dev/null
EPOCHS=2 run 0 "$examples/quickstart.sh" "own pictures" mine
says said '^added 40 images, '
says said '^server +http://127\.0\.0\.1:[0-9]+ '
says said ' drawn -> .*/mine/answer\.jpg$'
says mine/report.html '<html'
expect "answer.jpg begins as JPEG files do" "$(head -c 3 mine/answer.jpg | od -An -tx1 | tr -d ' ')" ffd8ff
expect "runs" "$(ds-train list -p mine/project --json | grep -c '"state":"done"')" 1
expect "the model was measured on the test split" \
  "$(ds-compare best -p mine/project --split test)" first
ds-deploy status quickstart -p mine/project >status
says status 'stopped'

# What is there is not touched.
run 1 "$examples/quickstart.sh" "own pictures" mine
says complaints 'mkdir: .*mine.*exists'

# Without data, with the server left running.
IMAGES=24 EPOCHS=1 KEEP=yes run 0 "$examples/quickstart.sh" "" shown
says said '^wrote 24 images '
ds-deploy call quickstart -p shown/project "$(find shown/sample -name '*.jpg' -print -quit)" >answer
says answer 'objects?'
echo "passed in $SECONDS s"
