#include "engines/engines.h"

namespace ds {

const Registry<JobEngineFactory>& job_engines() {
  static const auto registry = [] {
    Registry<JobEngineFactory> all("engine");
    all.add("slurm", "a batch script for sbatch; one array task for each model", detail::make_slurm_engine);
    all.add("mpi", "a script that calls mpirun; one model after another", detail::make_mpi_engine);
    all.add("kubernetes", "a manifest for kubectl; one indexed Job for each model",
            detail::make_kubernetes_engine);
    all.add("parallel", "a script for one machine, or several by ssh; each model is one process",
            detail::make_parallel_engine);
    return all;
  }();
  return registry;
}

}  // namespace ds
