#pragma once

#include <string>
#include <vector>

#include "ds/cli/tool.h"
#include "ds/compare/project_evaluations.h"
#include "ds/config/option_set.h"
#include "ds/metrics/gate.h"
#include "ds/report/grid.h"

/// What several verbs print or read the same way.
namespace ds::compare {

/// How a table is written on stdout.
struct TableOptions {
  std::string format = "text";
  void bind(OptionSet& options);
};

void print(Context& context, const Grid& grid, const TableOptions& options);

/// Which stored evaluations are meant.
struct SelectionFlags {
  StoredSelection selection;
  void bind(OptionSet& options);
};

struct BootstrapFlags {
  int resamples = 1000;
  void bind(OptionSet& options, const std::string& zero_means);
};

BootstrapOptions bootstrap_options(const BootstrapFlags& flags, const SharedOptions& shared);

/// Prints the table or the JSON document; the exit code of the verdict.
int print_gate(Context& context, const GateResult& result, const std::string& baseline,
               const std::string& candidate, const TableOptions& options);

}  // namespace ds::compare
