#!/usr/bin/env bash
# `ds-train submit --engine slurm` with a real Slurm of one node, which this test starts and ends again.
#   slurm_test.sh BIN_FOLDER
set -euo pipefail
bin=$(realpath "$1")
# A name that scripts must quote.
work=$(mktemp -d)/"it's here"
mkdir -p "$work"
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
source "$(dirname "${BASH_SOURCE[0]}")/slurm_cluster.sh"
cleanup() {
  local code=$?
  stop_slurm
  rm -rf "${work%/*}"
  exit "$code"
}
trap cleanup EXIT
trap 'exit 143' TERM INT

job_value() { # JOB KEY
  scontrol show job "$1" --oneliner | sed -E "s/.*\b$2=([^ ]*).*/\1/"
}
has_ended() { [[ $(job_value "$1" JobState) =~ COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL ]]; }
completes() { # JOB RESTARTS
  wait_until "the end of job $1" has_ended "$1"
  expect "job $1" "$(job_value "$1" JobState) after $(job_value "$1" Restarts) restarts" "COMPLETED after $2 restarts"
}
# The process of one rank of a job's step.
pid_of_rank() { # JOB RANK
  local pid
  for pid in $(scontrol listpids "$1.0" | awk 'NR > 1 && $1 > 0 { print $1 }'); do
    [[ $(tr '\0' '\n' <"/proc/$pid/environ" | sed -n 's/^SLURM_PROCID=//p') == "$2" &&
      $(readlink "/proc/$pid/exe") == */ds-train ]] && echo "$pid"
  done
  return 0
}

start_slurm
make_project

# One task, told in the middle that its time is nearly up.
submit slurm --time 4h -- --epochs 30 --name one
one=$run
wait_until "a checkpoint" has_checkpoint "$one"
scancel --batch --signal=USR1 "$job"
completes "$job" 1
expect "state of $one" "$(run_value "$one" state)" done

# Two tasks train one model; the same again, with one of them killed.
submit slurm --tasks-per-node 2 -- --epochs 12 --name whole
whole=$run
completes "$job" 0
submit slurm --tasks-per-node 2 -- --epochs 12 --name killed
wait_until "a checkpoint" has_checkpoint "$run"
kill -KILL "$(pid_of_rank "$job" 1)"
completes "$job" 1
expect_same_training "$whole" "$run"
expect "copies of the net on both tasks" "$(grep '^replicas:' "$DS_PROJECT/runs/$run/config.yaml")" "replicas: 2"

# What cannot be mended by another start is not tried again.
submit slurm -- --epochs 500 --name gone
wait_until "a checkpoint" has_checkpoint "$run"
scancel "$job"
wait_until "the end of job $job" has_ended "$job"
expect "a cancelled job" "$(job_value "$job" JobState)" CANCELLED
wait_until "a saved run" bash -c "ds-train list --json | grep -q '\"run\":\"$run\".*\"state\":\"stopped\"'"

# What the scheduler refuses leaves nothing behind.
runs=$(ds-train list --json | wc -l)
code=0
said=$(ds-train submit --engine slurm --partition nowhere -- --snapshot "$snapshot" "${tiny[@]}" 2>&1) || code=$?
expect "refused" "$code" 1
[[ $said == *"sbatch refused the job"*"invalid partition"* ]] || fail "refused: $said"
expect "runs after a refusal" "$(ds-train list --json | wc -l)" "$runs"
echo "passed in $SECONDS s"
