#!/usr/bin/env bash
# examples/slurm-sweep: the jobs are written and not handed in; the same sweep is trained without a scheduler and
# collected; and, where Slurm is installed, handed in to a real one that this test starts.
#   slurm_sweep_test.sh BIN_FOLDER
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
sweep=$examples/slurm-sweep/sweep.sh
collect=$examples/slurm-sweep/collect.sh
export DS_PROJECT=$work/p OMP_NUM_THREADS=1
export RUN="--arch yolox-nano --input-size 64 --batch 4 --epochs 1" JOB="--cpus-per-task 1"
ds-import sample shapes --images 20 --size 96x96 --classes 2 --no-video --seed 5 -q >/dev/null
ds-import init p --classes disc,square -q >/dev/null
ds-import add shapes -q >/dev/null

# A stand-in that must not be called.
mkdir programs
printf '#!/bin/bash\ntouch "%s/called"\n' "$work" >programs/sbatch
chmod +x programs/sbatch
DRY_RUN=1 SEEDS="1 2" JOB="--nodes 2 --time 90m" PATH=$work/programs:$PATH run 0 "$sweep" dry
expect "jobs" "$(cd p/jobs && echo *)" \
  "dry-balanced-1.sbatch dry-balanced-2.sbatch dry-speed-1.sbatch dry-speed-2.sbatch"
says p/jobs/dry-speed-2.sbatch '^#SBATCH --nodes=2$'
says p/jobs/dry-speed-2.sbatch '^#SBATCH --time=0-01:30:00$'
[[ ! -e called ]] || fail "sbatch was called in a dry run"
expect "runs that wait" "$(ds-train list --json | grep -c '"state":"queued"')" 4
expect "versions of the data" "$(ds-train list --json | grep -o 's-[0-9a-f]\{12\}' | sort -u | wc -l)" 1
run 2 "$sweep"

# One after another, on this machine.
export SEEDS="1 2"
DRY_RUN=1 ENGINE=parallel RECIPES="speed balanced" run 0 "$sweep" shapes
for job in p/jobs/shapes-*.sh; do bash "$job" >log 2>&1 || fail "$job: $(<log)"; done
run 0 "$collect" shapes
expect "models in the table" "$(grep -oE 'shapes-(speed|balanced)-[12]' shapes/table.csv | sort | tr '\n' ' ')" \
  "shapes-balanced-1 shapes-balanced-2 shapes-speed-1 shapes-speed-2 "
says said '^speed +2 +0\.[0-9]{3} +0\.[0-9]{3}$'
says said '^balanced +2 +0\.[0-9]{3} +0\.[0-9]{3}$'
says shapes/report.html '<html'
says shapes/report.md 'shapes-speed-1'
# A model whose job is not done is named.
SEEDS="1 7" run 2 "$collect" shapes
says complaints 'shapes-speed-7'

# To a cluster of one node.
source "$examples/../tests/e2e/cluster.sh"
source "$examples/../tests/e2e/slurm_cluster.sh"
clean_up() { stop_slurm; }
start_slurm
RECIPES=speed run 0 "$sweep" queued
wait_until "both jobs to be done" bash -c '[[ $(ds-train list --json | grep -c "\"state\":\"done\"") == 6 ]]'
RECIPES=speed run 0 "$collect" queued
says said '^speed +2 '
echo "passed in $SECONDS s"
