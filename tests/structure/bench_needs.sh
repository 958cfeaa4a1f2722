#!/usr/bin/env bash
# Every benchmark lists what it needs and checks it first; a peer that does not run is said with its reason, and ours runs on.
#   bench_needs.sh SOURCE_FOLDER ...
set -uo pipefail
bench=$1/scripts/bench
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
fail() {
  echo "$*" >&2
  failed=1
}

for script in "$bench"/*.sh; do
  [[ $(basename "$script") == needs.sh ]] || grep -q '^# Needs: ' "$script" || fail "$script has no line '# Needs: ...'"
done

# Stand-ins for the tools, and for two interpreters: one without tqdm, and one whose YOLOX fails.
mkdir -p "$work/bin" "$work/data" "$work/checkout"
cat >"$work/bin/ds-import" <<'END'
#!/bin/bash
[[ $1 != init ]] || { mkdir -p "$2" && sqlite3 "$2/index.sqlite" "create table images (split); insert into images values ('train');
  create table classes (name); insert into classes values ('cat')"; }
END
cat >"$work/bin/ds-train" <<'END'
#!/bin/bash
[[ $1 == run && $2 == -p ]] && mkdir -p "$3/runs/r-1" && echo '{"images_per_s":12.5}' >"$3/runs/r-1/metrics.jsonl"
END
cat >"$work/without_tqdm" <<'END'
#!/bin/bash
[[ $1 != -c ]] || { [[ $2 != 'import tqdm' ]]; exit; }
file=$2; echo 900 >"$file"; shift 2
[[ $1 != "$0" ]] || { echo "Traceback" >&2; echo "ImportError: no dice" >&2; exit 1; }
"$@"
END
sed "s/import tqdm/import nothing/" "$work/without_tqdm" >"$work/failing"
chmod +x "$work/bin/"* "$work/without_tqdm" "$work/failing"
run() { PYTHON=$work/$1 bash "$bench/train_speed.sh" "$work/bin" "$work/data" "$work/checkout" >"$work/out" 2>"$work/err"; }

for case in "without_tqdm|SKIPPED: YOLOX: $work/without_tqdm cannot import tqdm (package python3-tqdm)" \
  "failing|SKIPPED: YOLOX: ImportError: no dice"; do
  run "${case%%|*}" || fail "train_speed.sh ended with $?: $(<"$work/err")"
  [[ $(<"$work/err") == "${case#*|}" ]] || fail "train_speed.sh said: $(<"$work/err")"
  [[ $(grep -c '| - | - | 12.50 | 900 |' "$work/out") == 3 ]] || fail "train_speed.sh printed: $(<"$work/out")"
done

# A command that is not there ends a benchmark before its work.
mkdir "$work/few"
ln -s "$(command -v bash)" "$(command -v dirname)" "$(command -v basename)" "$work/few"
said=$(PATH=$work/few bash "$bench/images.sh" 2>&1) && fail "images.sh went on without bc"
[[ $said == *'images.sh needs '*'bc (package bc)'* ]] || fail "images.sh said: $said"
exit "$failed"
