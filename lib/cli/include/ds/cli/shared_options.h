#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ds/config/option_set.h"

namespace ds {

/// What a verb can honour of the shared options (Verb::honours).
enum class Shared {
  project,  // --project, with the --as and --lock-wait of whoever opens one
  user,     // --as alone, where a project is only made
  json,     // --json
  seed,     // --seed
  threads,  // --threads
  dry_run   // --dry-run: changes nothing, be it that the verb only reads
};

/// The flags that all tools have in common, with one meaning. The frame itself honours --config, --dump-config,
/// --quiet, --verbose, --progress and --color for every verb; of the others a verb declares what it honours, and the
/// rest is refused.
struct SharedOptions {
  std::filesystem::path project;  // empty: DS_PROJECT, else the nearest parent folder holding project.yaml
  bool json = false;              // one JSON document (or JSON Lines) on stdout instead of a table
  bool quiet = false;             // only errors on stderr
  bool verbose = false;           // also debug messages
  bool progress = true;           // a progress bar, on a terminal only
  std::string color = "auto";
  std::uint64_t seed = 0;
  int threads = 0;               // 0: as many as the machine has
  bool dry_run = false;          // say what would be done, change nothing
  std::string user;              // --as; empty: $DS_USER, else the login
  double lock_wait_s = 0;        // how long to wait for a locked project
  std::filesystem::path config;  // a YAML file with any of the verb's options
  bool dump_config = false;      // print the effective options as YAML and stop

  void bind(OptionSet& options);
  /// The names of the options that stand for `part`.
  static std::vector<std::string> names_of(Shared part);
  /// --as, else $DS_USER, else the login name.
  std::string effective_user() const;
  /// --threads, or the machine's processors.
  int effective_threads() const;
};

}  // namespace ds
