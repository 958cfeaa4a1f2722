#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "ds/config/option_set.h"

namespace ds {

/// The flags every verb of every tool understands, with one meaning.
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
  /// --as, else $DS_USER, else the login name.
  std::string effective_user() const;
  /// --threads, or the machine's processors.
  int effective_threads() const;
};

}  // namespace ds
