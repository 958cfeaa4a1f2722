#!/usr/bin/env bash
# Every verb of every tool: a shared option that it does not honour is refused, and --dry-run changes nothing.
# The verbs and what they honour are what the tools themselves say (--generate verbs); a verb that honours --dry-run
# and has no line in `lines` fails, so that a new verb cannot be forgotten.
#   verbs_test.sh BIN
set -uo pipefail
bin=$(realpath "$1")
models=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../data/models")
work=$(mktemp -d)
trap 'kill "${server:-}" 2>/dev/null; rm -rf "$work" "$work".*' EXIT
cd "$work" || exit 1
export PATH="$bin:$PATH" DS_USER=ada NO_COLOR=1 LC_ALL=C.UTF-8 HOME="$work"
unset DS_PROJECT DS_DRY_RUN
failed=0
fail() {
  echo "FAILED: $*"
  failed=1
}

# What the verbs have to work on: a project with labels, two snapshots, a run, models, an evaluation, a deployment.
prepare() {
  set -e
  ds-import sample data --images 20 --seed 1 --no-video -q
  ds-import init shop --classes disc,square,triangle -q
  export DS_PROJECT=$work/shop
  ds-import add data -q
  ds-import snapshot create --name first -q
  ds-label files set-status working train/scene_0000.jpg -q
  ds-label files set-status review train/scene_0002.jpg -q
  ds-import snapshot create --name second -q
  cp -r "$models/left-cat" old && cp -r "$models/right-dog" new
  chmod -R u+w old new
  sed -i 's/^name: .*/name: old/; s/^classes: .*/classes: [disc, square]/' old/model.yaml
  sed -i 's/^name: .*/name: new/; s/^classes: .*/classes: [disc, square]/' new/model.yaml
  ds-deploy create door --model old --no-start -q
  ds-deploy create gate --model new --no-start -q
  ds-deploy promote gate old --force --reason "a test" -q
  ds-retrain init door -q
  ds-retrain promote new --force --reason "a test" -q
  ds-compare eval old new --snapshot first --split test -q
  ds-train run --snapshot first --epochs 1 --input-size 64 --arch yolox-nano --name tiny -q
  ds-deploy tokens add tokens.txt ada -q
  ds-import export labels.json --format coco -q
  cp data/images/train/scene_0000.jpg photo.jpg
  ds-deploy serve old --port 0 --quiet >served.txt &
  server=$!
  for _ in $(seq 200); do [[ -s served.txt ]] && break; sleep 0.05; done
  set +e
} >/dev/null

# TOOL VERB: ARGUMENTS; where another code than 0 is right, it stands in front.
lines() {
  local image=train/scene_0000.jpg url
  url=$(sed 's/.* on //' served.txt)
  cat <<LINES
ds-import init: other --classes a
ds-import add: data
ds-import convert: data converted --from yolo --to coco
ds-import check: --overlay 2 drawn --issues issues.jsonl
ds-import fix: --apply
ds-import dedupe: --apply
ds-import leaks: --fix
ds-import split: --reassign
ds-import stats: --html stats.html
ds-import formats:
ds-import gc: --min-age 0
ds-import sample: more --images 2
ds-import snapshot list:
ds-import snapshot show: first
ds-import snapshot diff: first second
ds-import snapshot restore: first
ds-label status: --html status.html
ds-label stats:
ds-label files list:
ds-label files show: $image
ds-label files set-status: review $image
ds-label files assign: --to bob --where status=working
ds-label files take:
ds-label files release: $image
ds-label files remove: $image --with-labels
ds-label annotate add: $image --class disc --box 1,2,30,40
ds-label annotate edit: $image 1 --class square
ds-label annotate remove: $image 1
ds-label annotate apply: patch.json --image train/scene_0003.jpg
ds-label classes rename: disc circle
ds-label classes color: disc #112233
ds-label classes merge: disc square
ds-label classes remove: spare
ds-label classes list:
ds-label classes add: star
ds-label classes reorder: spare triangle square disc
ds-label review next:
ds-label review accept: train/scene_0002.jpg
ds-label review reject: train/scene_0002.jpg
ds-label review comment: $image hello
ds-label queue:
ds-label history:
ds-label undo: $image
ds-label auto: --model old --where split=val
ds-train run: --snapshot first --epochs 1 --input-size 64
ds-train submit: --engine slurm -- --snapshot first --epochs 1 --input-size 64
ds-train list:
ds-train show: latest -o run.html
ds-train watch: latest --once
ds-train stop: latest
ds-train rm: latest
ds-train archs:
ds-train weights inspect: weights.safetensors
ds-train weights convert: weights.safetensors other.safetensors
ds-train weights register: weights.safetensors --arch yolox-nano
ds-compare table:
ds-compare best:
ds-compare report: -o report.html
ds-compare show: old --html old.html
ds-compare gate: 5 --baseline old --candidate new --junit gate.xml
ds-compare files: truth.json found.json
ds-deploy predict: old photo.jpg -o predicted.json
ds-deploy serve: old --port 0
ds-deploy create: shed --model old
ds-deploy list:
ds-deploy status: door
ds-deploy call: $url photo.jpg -o drawn.jpg
ds-deploy start: door
ds-deploy stop: door
ds-deploy set: door --port 0
ds-deploy promote: gate new --force --reason test
ds-deploy rollback: gate
ds-deploy tokens add: tokens.txt bob
ds-deploy tokens revoke: tokens.txt ada
ds-deploy logs: door
ds-deploy destroy: gate
ds-retrain init: gate
ds-retrain collect:
ds-retrain status:
ds-retrain tick:
ds-retrain run:
ds-retrain explain:
ds-retrain promote: 75 tiny --force --reason test
ds-retrain rollback:
ds-retrain resume:
ds-retrain log:
ds-retrain schedule:
ds-retrain forget: 2 $image
LINES
}

# Names and contents of everything, but for what SQLite keeps beside an open index, who held a lock last, and caches,
# which only save time.
tree() {
  local kept=(-not -name '*-shm' -not -name '*-wal' -not -path './shop/locks*' -not -path './shop/cache*')
  find . "${kept[@]}" -printf '%y %p\n' | sort
  find . -type f "${kept[@]}" -exec sha256sum {} + | sort -k2
}

argument_of() { case $1 in --project) echo --project=shop ;; --as) echo --as=eve ;; --lock-wait) echo --lock-wait=1 ;;
  --seed) echo --seed=1 ;; --threads) echo --threads=1 ;; *) echo "$1" ;; esac; }

refused_options() { # TOOL VERB HONOURED
  local option
  for option in --project --as --lock-wait --json --seed --threads --dry-run; do
    [[ ", $3," == *", $option,"* ]] && continue
    # shellcheck disable=SC2086
    "$1" $2 x y z "$(argument_of $option)" >"$work.out" 2>"$work.err"
    local code=$?
    if [[ $code != 2 ]] || ! grep -qE "does not honour $option|does not expect|is missing" "$work.err"; then
      fail "$1 $2 $option: exit $code: $(head -1 "$work.err")"
    fi
  done
}

dry_run() { # TOOL VERB HONOURED LINE
  local expected=0 arguments=$4 before after code
  if [[ $arguments =~ ^([0-9]+)\ (.*)$ ]]; then
    expected=${BASH_REMATCH[1]}
    arguments=${BASH_REMATCH[2]}
  fi
  local flags=(--dry-run)
  [[ ", $3," == *", --json,"* ]] && flags+=(--json)
  # What follows -- is not ours.
  local words front=() back=()
  read -ra words <<<"$arguments"
  while ((${#words[@]})) && [[ ${words[0]} != -- ]]; do front+=("${words[0]}") && words=("${words[@]:1}"); done
  back=("${words[@]}")
  tree >"$work.before"
  # shellcheck disable=SC2086
  "$1" $2 "${front[@]}" "${flags[@]}" --no-progress "${back[@]}" >"$work.out" 2>"$work.err" </dev/null
  code=$?
  [[ $code == "$expected" ]] || fail "$1 $2 --dry-run: exit $code, expected $expected: $(tail -2 "$work.err")"
  tree >"$work.after"
  diff "$work.before" "$work.after" >"$work.diff" || fail "$1 $2 --dry-run changed: $(grep '^[<>]' "$work.diff" | head -5)"
  if ((${#flags[@]} > 1)) && [[ -s $work.out && $(head -c1 "$work.out") != [[{] ]]; then
    fail "$1 $2 --dry-run --json printed $(head -1 "$work.out")"
  fi
}

prepare || { echo "the project could not be prepared"; exit 1; }
echo '[{"op": "replace", "path": "/status", "value": "working"}]' >patch.json
ds-label classes add spare -q >/dev/null
cp "$(find shop/models -name weights.safetensors | head -1)" weights.safetensors
cp "$(find shop/evals -name detections.json | head -1)" found.json
cp labels.json truth.json
lines >"$work.lines"
for tool in ds-import ds-label ds-train ds-compare ds-deploy ds-retrain; do
  while IFS=$'\t' read -r verb honoured; do
    refused_options "$tool" "$verb" "$honoured"
    [[ ", $honoured," == *", --dry-run,"* ]] || continue
    line=$(grep -E "^$tool $verb:" "$work.lines") || { fail "$tool $verb honours --dry-run and has no line here"; continue; }
    dry_run "$tool" "$verb" "$honoured" "$(sed -E 's/^[^:]*: ?//' <<<"$line")"
  done < <("$tool" --generate verbs)
done
((failed == 0)) && echo "every verb honours what it says"
exit "$failed"
