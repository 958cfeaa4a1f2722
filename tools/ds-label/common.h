#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ds/cli/tool.h"
#include "ds/labeling/selection.h"
#include "ds/project/project.h"

namespace ds {

/// The project of the shared flags, opened as the acting user.
Project open_project(const Context& context);

/// IMAGE... and --where.
void bind_selection(Verb& verb, Selection& selection, const std::string& when_empty);

/// --revision as a compare-and-set value; absent when not given.
struct RevisionOption {
  std::optional<int> revision;
  void bind(OptionSet& options);
  std::optional<std::int64_t> value() const;
};

/// Says on stderr that nothing has been changed, when --dry-run.
void note_dry_run(const Context& context);

/// A file, or stdin for "-".
std::string read_text(const std::string& file_or_dash);

}  // namespace ds
