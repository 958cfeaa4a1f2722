#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "ds/cli/tool.h"
#include "ds/labeling/selection.h"
#include "ds/project/project.h"

namespace ds::label_tool {

/// IMAGE.
void bind_image(Verb& verb, std::string& image);

/// IMAGE... and --where.
void bind_selection(Verb& verb, Selection& selection, const std::string& when_empty);

/// --revision as a compare-and-set value; absent when not given.
struct RevisionOption {
  std::optional<int> revision;
  void bind(OptionSet& options);
  std::optional<std::int64_t> value() const;
};

/// A file, or stdin for "-".
std::string read_text(const std::string& file_or_dash);

}  // namespace ds::label_tool
