#!/usr/bin/env bash
# Every recipe with several seeds, each a job of the cluster; collect.sh then tells differences from luck.
#   sweep.sh NAME      in a project: $DS_PROJECT, or the current folder. The models will be NAME-RECIPE-SEED
# Dials, as variables:
#   RECIPES (speed balanced)   names, or YAML files: `ds-train run --dump-config` prints one to start from
#   SEEDS   (1 2 3)            one seed says nothing of how far results scatter
#   ENGINE  (slurm)            also mpi, kubernetes, parallel: docs/CLUSTER.md
#   JOB     (--cpus-per-task 8 --time 4h)   asked of the scheduler: `ds-train submit --help`
#   RUN     (empty)            for `ds-train run`, such as: --arch yolox-tiny --epochs 100
#   DRY_RUN (empty)            anything: the jobs are written to jobs/ in the project, and not handed in
# Without a scheduler, one model after another: DRY_RUN=1 ENGINE=parallel sweep.sh NAME, then
#   for job in jobs/NAME-*.sh; do bash "$job"; done
set -euo pipefail
if (($# != 1)); then
  echo "usage: sweep.sh NAME" >&2
  exit 2
fi
name=$1
read -ra recipes <<<"${RECIPES:-speed balanced}"
read -ra seeds <<<"${SEEDS:-1 2 3}"
read -ra job <<<"${JOB:---cpus-per-task 8 --time 4h}"
read -ra run <<<"${RUN:-}"
if [[ -n ${DRY_RUN:-} ]]; then job+=(--no-submit); fi

# All on one version: what is labelled while the jobs wait in the queue changes nothing.
snapshot=$(ds-import snapshot create --json | grep -om1 's-[0-9a-f]\{12\}')

for recipe in "${recipes[@]}"; do
  stem=$(basename "$recipe" .yaml)
  for seed in "${seeds[@]}"; do
    ds-train submit --engine "${ENGINE:-slurm}" --job-name "$name-$stem-$seed" "${job[@]}" -- \
      --snapshot "$snapshot" --recipe "$recipe" --seed "$seed" --name "$name-$stem-$seed" ${run[@]+"${run[@]}"}
  done
done
echo "then, when ds-train list shows all of them as done: $(dirname "$0")/collect.sh $name"
