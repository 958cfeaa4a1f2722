#pragma once

#include <string>
#include <vector>

#include "ds/config/option_set.h"
#include "ds/formats/annotation_format.h"

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

}  // namespace ds::import_tool
