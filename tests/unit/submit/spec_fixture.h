#pragma once

#include "ds/submit/job_spec.h"

/// Two processes for one run.
inline ds::JobSpec small_spec() {
  ds::JobSpec spec;
  spec.name = "job-1";
  spec.about = {"about it"};
  spec.command = {"/opt/ds/bin/ds-train", "run", "--project", "/data/my p", "--finish"};
  spec.items = {"r-1"};
  spec.folder = "/data/my p";
  spec.log = "/data/my p/jobs/job-1.log";
  spec.tasks_per_node = 2;
  return spec;
}
