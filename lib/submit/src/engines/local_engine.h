#pragma once

#include <string>
#include <vector>

#include "ds/submit/job_engine.h"

namespace ds::detail {

/// An engine without a queue: the script it writes is the job, a process of this machine with a log.
class LocalEngine : public JobEngine {
 public:
  std::string extension() const override { return ".sh"; }
  std::vector<std::string> submit_command(const JobSpec&, const std::filesystem::path& file) const override {
    return {"bash", file.string()};
  }
  bool is_the_job() const override { return true; }
  std::string job_id(const JobSpec&, const std::string& answer) const override { return answer; }
  std::vector<std::string> watch_command(const JobSpec& spec, const std::string&) const override {
    return {"tail", "-f", spec.log.string()};
  }
  std::vector<std::string> cancel_command(const JobSpec&, const std::string& id) const override {
    return {"kill", id};
  }
};

}  // namespace ds::detail
