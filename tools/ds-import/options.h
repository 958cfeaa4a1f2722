#pragma once

#include <string>
#include <vector>

#include "ds/cli/tool.h"
#include "ds/config/option_set.h"
#include "ds/formats/annotation_format.h"
#include "ds/importing/source_pictures.h"

/// Options that several verbs have.
namespace ds::import_tool {

/// Of --where, which chooses from the project.
constexpr const char* kWhereHelp = "only these images";

/// `auto`, and every format by name.
std::vector<std::string> formats_to_read();

/// The options that writers share. Those that readers have too get `prefix` ("to-") where a verb has both.
void bind_writing(OptionSet& options, WriteOptions& writing, const std::string& prefix = "");

/// The options that readers share.
void bind_reading(OptionSet& options, ReadOptions& reading);

/// Pictures outside of the project that a verb looks at instead, and how their labels are read.
struct SourceFlags {
  std::string source;
  AddOptions options;
};
/// SRC, --format and the options that readers share.
void bind_source(Verb& verb, SourceFlags& flags, const std::string& help);
/// Says what was skipped. Throws UsageError when `project_flags` (those given that need a project) is not
/// empty.
SourcePictures open_source(Context& context, SourceFlags& flags,
                           const std::vector<std::string>& project_flags);

}  // namespace ds::import_tool
