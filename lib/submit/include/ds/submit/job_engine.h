#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ds/base/registry.h"
#include "ds/submit/job_spec.h"

namespace ds {

/// What starts jobs on other machines: turns a JobSpec into the text of a file, and knows the commands that
/// hand it in, watch it and take it back. What every engine promises: the command is told again when it ended
/// with 75 (a process was lost, the disk was full, the project was locked) or was killed, and not when it
/// ended with anything else; SIGTERM reaches it before the machine is taken away.
class JobEngine {
 public:
  virtual ~JobEngine() = default;
  /// Of the file: ".sbatch".
  virtual std::string extension() const = 0;
  /// Throws UsageError for what this engine cannot do, and for what it needs and is not told.
  virtual void check(const JobSpec& spec) const = 0;
  /// How many processes work on one item together.
  virtual int processes(const JobSpec& spec) const { return spec.world_size(); }
  /// The text of the file.
  virtual std::string script(const JobSpec& spec) const = 0;
  /// False when what the job prints is elsewhere than in `spec.log`.
  virtual bool writes_log() const { return true; }
  /// The program that hands the file in.
  virtual std::string program(const JobSpec& spec) const = 0;
  virtual std::vector<std::string> submit_command(const JobSpec& spec,
                                                  const std::filesystem::path& file) const = 0;
  /// True when that command is the job itself, which is then left running in the background.
  virtual bool is_the_job() const { return false; }
  /// What the job is called from now on. @param answer what the command printed, or the process id
  virtual std::string job_id(const JobSpec& spec, const std::string& answer) const = 0;
  virtual std::vector<std::string> watch_command(const JobSpec& spec, const std::string& id) const = 0;
  virtual std::vector<std::string> cancel_command(const JobSpec& spec, const std::string& id) const = 0;
};

using JobEngineFactory = std::function<std::unique_ptr<JobEngine>()>;

/// slurm, mpi, kubernetes, parallel.
const Registry<JobEngineFactory>& job_engines();

/// The file that `name` means in $PATH; empty when it is not there.
std::filesystem::path find_in_path(const std::string& name);

/// Hands the file in and returns the job's id. Throws Error with what the engine's command said when it
/// refuses. Whether its program is there at all is for the caller to find out before.
std::string submit_job(const JobEngine& engine, const JobSpec& spec, const std::filesystem::path& file);

}  // namespace ds
