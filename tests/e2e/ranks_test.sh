#!/usr/bin/env bash
# Training over several processes of this machine: the same numbers as one process, whoever ends it and how.
#   ranks_test.sh BIN_FOLDER curve|killed|stopped|failures|mpirun
# Ranks are started as torchrun starts them, by RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT.
set -euo pipefail
export PATH=$(realpath "$1"):$PATH
case=$2
work=$(mktemp -d)
cd "$work"
export DS_PROJECT=$work/p DS_USER=ada NO_COLOR=1
unset RANK WORLD_SIZE LOCAL_RANK MASTER_ADDR MASTER_PORT
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT

fail() {
  printf 'FAILED: %s\n' "$*" >&2
  tail -n 20 ./*.err >&2 2>/dev/null || true
  exit 1
}
expect() { # WHAT SEEN EXPECTED
  [[ $2 == "$3" ]] || fail "$1: '$2', expected '$3'"
  echo "ok: $1: $2"
}
says() { # FILE TEXT
  grep -q -- "$2" "$1" || fail "no '$2' in $1: $(<"$1")"
  echo "ok: says '$2'"
}
free_port() {
  local number
  while number=$((20000 + RANDOM % 12000)) && (exec 3<>"/dev/tcp/127.0.0.1/$number") 2>/dev/null; do :; done
  echo "$number"
}

# rank N OF OPTIONS: starts one in the background; its pid is the last of $pids.
rank() {
  local number=$1 size=$2
  shift 2
  RANK=$number WORLD_SIZE=$size LOCAL_RANK=$number MASTER_ADDR=127.0.0.1 MASTER_PORT=$port \
    ds-train run "$@" -q >"rank$number.out" 2>"rank$number.err" &
  pids+=($!)
}
# ends WHAT INDEX CODE: the process that was started as that one ends with this code.
ends() {
  local seen=0
  wait "${pids[$2]}" || seen=$?
  expect "exit of $1" "$seen" "$3"
}
newest() { ls -t p/runs | head -n "${1:-1}" | tail -n 1; } # the run that was changed last, or the one before
# What training computed, without the clock: one line an epoch.
curve_of() { sed -E 's/"(images_per_s|elapsed_s)":[^,}]*,?//g' "p/runs/$1/metrics.jsonl"; }
weights_of() { # RUN
  local model
  model=$(ds-train show "$1" --json | sed -n 's/^ *"model": "\(.*\)",/\1/p')
  sha256sum "p/models/$model/weights.safetensors" | cut -c1-16
}
state_of() { ds-train show "$1" --json | sed -n 's/^ *"state": "\(.*\)",/\1/p'; }
same_as() { # RUN REFERENCE
  diff <(curve_of "$2") <(curve_of "$1") || fail "the loss curves of $2 and $1 differ"
  echo "ok: the same loss curve to the last digit"
  expect "weights" "$(weights_of "$1")" "$(weights_of "$2")"
}
# Waits until a run other than those known has saved so many epochs.
saved() { # EPOCHS KNOWN_RUNS
  until [[ $(ls p/runs | wc -l) -gt $2 && $(cat "p/runs/$(newest)/metrics.jsonl" 2>/dev/null | wc -l) -ge $1 ]]; do
    kill -0 "${pids[-1]}" 2>/dev/null || fail "the training ended early"
    sleep 0.02
  done
}

ds-import sample shapes --images 52 --size 96x96 --classes 2 --no-video --seed 5 -q >/dev/null
ds-import init p --classes disc,square -q >/dev/null
ds-import add shapes -q >/dev/null
snapshot=$(ds-import snapshot create --json | grep -o 's-[0-9a-f]\{12\}' | head -1)
port=$(free_port)
# 40 images, 5 steps an epoch. One validation, at the end: the model is what the last step left.
options=(--snapshot "$snapshot" --arch yolox-nano --input-size 64 --batch 8 --replicas 2 --threads 1 --eval-every 10)
[[ $case == curve ]] && options+=(--epochs 10) || options+=(--epochs 5)

one_rank() { ds-train run "${options[@]}" -q >/dev/null; }

case $case in
  curve)
    # 50 steps on one rank of two replicas, and on two ranks of one.
    one_rank
    reference=$(newest)
    rank 1 2 "${options[@]}"
    rank 0 2 "${options[@]}"
    ends "rank 0" 1 0
    ends "rank 1" 0 0
    expect "steps" "$(tail -n 1 "p/runs/$(newest)/metrics.jsonl" | grep -o '"step":[0-9]*')" '"step":50'
    same_as "$(newest)" "$reference"
    expect "rank 1 says nothing" "$(cat rank1.out rank1.err)" ""
    expect "runs" "$(ls p/runs | wc -l)" 2
    ;;
  killed)
    one_rank
    reference=$(newest)
    # Rank 1 is killed; two ranks go on.
    rank 1 2 "${options[@]}"
    rank 0 2 "${options[@]}"
    saved 2 1
    kill -9 "${pids[0]}"
    ends "rank 0" 1 75
    says rank0.err "rank 1 (pid ${pids[0]} on $(hostname)) of 2 ended without a word"
    says rank0.err "ds-train run --resume $(newest)"
    expect "state" "$(state_of "$(newest)")" failed
    pids=()
    rank 1 2 --resume latest
    rank 0 2 --resume latest
    ends "rank 0" 1 0
    ends "rank 1" 0 0
    same_as "$(newest)" "$reference"
    # Rank 0 is killed; one rank goes on.
    pids=()
    rank 0 2 "${options[@]}"
    rank 1 2 "${options[@]}"
    saved 2 2
    kill -9 "${pids[0]}"
    ends "rank 1" 1 75
    says rank1.err "rank 0 (pid ${pids[0]} on $(hostname)) of 2 ended without a word"
    says rank1.err "ds-train run --resume $(newest)"
    ds-train run --resume latest -q >/dev/null
    same_as "$(newest)" "$reference"
    ;;
  stopped)
    one_rank
    reference=$(newest)
    # A signal to any rank stops all at one step, and what rank 0 saved goes on.
    rank 1 2 "${options[@]}"
    rank 0 2 "${options[@]}"
    saved 1 1
    kill -TERM "${pids[0]}"
    ends "rank 0" 1 143
    ends "rank 1" 0 143
    expect "state" "$(state_of "$(newest)")" stopped
    ds-train run --resume latest -q >/dev/null
    same_as "$(newest)" "$reference"
    ;;
  failures)
    # Other options, another number of ranks.
    rank 1 2 "${options[@]}" --epochs 11
    rank 0 2 "${options[@]}"
    ends "rank 0" 1 3
    ends "rank 1" 0 3
    says rank0.err "the ranks differ: --epochs is '5' on rank 0, --epochs is '11' on rank 1"
    pids=()
    rank 0 3 "${options[@]}"
    rank 1 3 "${options[@]}"
    rank 2 3 "${options[@]}"
    ends "rank 0" 0 2
    ends "rank 1" 1 2
    says rank0.err "2 replicas cannot be shared over 3 ranks"
    says rank1.err "rank 0: 2 replicas cannot be shared over 3 ranks"
    # A disk that is full for rank 0 ends all alike.
    pids=()
    rank 1 2 "${options[@]}"
    (
      trap '' XFSZ
      ulimit -f 2000
      RANK=0 WORLD_SIZE=2 LOCAL_RANK=0 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port \
        exec ds-train run "${options[@]}" -q >rank0.out 2>rank0.err
    ) &
    pids+=($!)
    ends "rank 0" 1 75
    ends "rank 1" 0 75
    says rank1.err "rank 0: cannot write .*: File too large"
    # An image that is gone is named on every rank.
    rm "$(find p/media -type f | sort | head -n 1)"
    pids=()
    rank 1 2 "${options[@]}"
    rank 0 2 "${options[@]}"
    ends "rank 0" 1 3
    ends "rank 1" 0 3
    # Alone by choice, and alone for want of the others.
    code=0
    RANK=0 ds-train run "${options[@]}" -q 2>half.err || code=$?
    expect "exit with half of the variables" "$code" 2
    says half.err "RANK is set, WORLD_SIZE is not"
    code=0
    RANK=0 WORLD_SIZE=2 MASTER_ADDR=127.0.0.1 MASTER_PORT=$port ds-train run "${options[@]}" --join-timeout 1 -q \
      2>late.err || code=$?
    expect "exit without rank 1" "$code" 75
    says late.err "rank 1 of 2 has not come within 1 s"
    ;;
  mpirun)
    if ! command -v mpirun >/dev/null; then
      echo "SKIPPED: mpirun is absent (Debian: openmpi-bin)"
      exit 0
    fi
    one_rank
    reference=$(newest)
    mpirun --allow-run-as-root --oversubscribe -n 2 ds-train run "${options[@]}" -q >out
    same_as "$(newest)" "$reference"
    expect "rows" "$(grep -c 'yolox-nano' out)" 1
    expect "meeting file" "$(ls p/cache | grep -c ranks- || true)" 0
    ;;
esac
