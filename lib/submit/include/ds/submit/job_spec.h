#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace ds {

class OptionSet;

/// A command for a scheduler: which words, how many processes, on what, how often again. It is told once for
/// each of `items`, each time with another last word; one of these is a job of `world_size()` processes.
struct JobSpec {
  std::string name;  // of the job, its file and its log: letters, digits, '-', '_', '.'
  /// Written as comments at the top of the script.
  std::vector<std::string> about = {};
  std::vector<std::string> command;
  std::vector<std::string> items;
  std::filesystem::path folder;  // working folder, absolute, the same on every node
  std::filesystem::path log;     // what the job prints is appended here; absolute

  int nodes = 1;
  int tasks_per_node = 1;
  int cpus_per_task = 2;
  int gpus_per_task = 0;
  std::string memory = {};                    // of a node (kubernetes: of a task): "8G"; empty: not said
  double time_s = 0;                          // of wall time; 0: not said
  std::string partition = {};                 // slurm's; kubernetes: a Kueue queue
  std::string name_space = {};                // kubernetes
  std::string image = {};                     // kubernetes: holds the tools
  std::string claim = {};                     // kubernetes: the volume claim with the folder
  std::filesystem::path hosts = {};           // mpi: hostfile; parallel: sshloginfile
  std::vector<std::string> environment = {};  // NAME=VALUE, set for every process
  std::vector<std::string> extra = {};        // more options for the engine's own command
  int max_requeues = 10;                      // starts after the first one

  /// Processes of one job, where they train together.
  int world_size() const { return nodes * tasks_per_node; }
  /// `environment` in its two parts.
  std::vector<std::pair<std::string, std::string>> variables() const;
  /// Every field from `nodes` on, as options.
  void bind(OptionSet& options);
  /// Throws UsageError naming the option, its value and what is allowed.
  void validate() const;
};

}  // namespace ds
