#!/usr/bin/env bash
# `ds-train submit --engine mpi` with Open MPI's mpirun on this machine.
#   mpi_test.sh BIN_FOLDER
set -euo pipefail
bin=$(realpath "$1")
work=$(mktemp -d)/"it's here" # a name that scripts must quote
mkdir -p "$work"
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
skip_without mpirun
job=
cleanup() {
  local code=$?
  [[ -z $job ]] || kill "$job" 2>/dev/null || true
  for _ in $(seq 50); do
    [[ -n $job ]] && kill -0 "$job" 2>/dev/null || break
    sleep 0.1
  done
  rm -rf "${work%/*}"
  exit "$code"
}
trap cleanup EXIT
trap 'exit 143' TERM INT
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 DS_RETRY_DELAY=1
is_over() { ! kill -0 "$job" 2>/dev/null; }

make_project
submit mpi --tasks-per-node 2 --extra=--oversubscribe -- --epochs 12 --name whole
whole=$run
wait_until "the end of $whole" is_over
expect "state of $whole" "$(run_value "$whole" state)" done

submit mpi --tasks-per-node 2 --extra=--oversubscribe -- --epochs 12 --name killed
wait_until "a checkpoint" has_checkpoint "$run"
for environment in /proc/[0-9]*/environ; do
  pid=${environment//[!0-9]/}
  { tr '\0' '\n' <"$environment" | grep -qx 'OMPI_COMM_WORLD_RANK=1'; } 2>/dev/null || continue
  { tr '\0' '\n' <"/proc/$pid/cmdline" | grep -qx "$run"; } 2>/dev/null && kill -KILL "$pid"
done
wait_until "the end of $run" is_over
grep -q "$run ended with exit 1*[37]*[57]; it goes on in 1 s" "$DS_PROJECT/jobs/$run.log" || fail "it was not started again"
expect_same_training "$whole" "$run"

# The script that is asked to end has the processes save, and starts nothing more.
submit mpi --tasks-per-node 2 --extra=--oversubscribe -- --epochs 500 --name stopped
wait_until "a checkpoint" has_checkpoint "$run"
kill "$job"
wait_until "the end of $run" is_over
expect "state of $run" "$(run_value "$run" state)" stopped
expect "message of $run" "$(run_value "$run" message)" "stopped by SIGTERM"
job=
echo "passed in $SECONDS s"
