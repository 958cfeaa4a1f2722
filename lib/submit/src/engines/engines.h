#pragma once

#include <memory>

#include "ds/submit/job_engine.h"

namespace ds::detail {

std::unique_ptr<JobEngine> make_slurm_engine();
std::unique_ptr<JobEngine> make_mpi_engine();
std::unique_ptr<JobEngine> make_kubernetes_engine();
std::unique_ptr<JobEngine> make_parallel_engine();

}  // namespace ds::detail
