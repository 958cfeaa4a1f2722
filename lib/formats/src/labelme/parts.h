#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "shared/reading.h"

namespace ds::detail {

/// Reads wkentaro's JSON files (also X-AnyLabeling's). Names of used picture files are added to `used`.
void read_labelme_json(Reading& reading, const std::vector<std::filesystem::path>& files,
                       std::set<std::string>& used);
/// Reads MIT LabelMe's XML files below `root`.
void read_labelme_xml(Reading& reading, const std::filesystem::path& root,
                      const std::vector<std::filesystem::path>& files, std::set<std::string>& used);
/// True when XML text is MIT LabelMe's, which begins as Pascal VOC's does.
bool is_labelme_xml(const std::string& head);

NameRules labelme_names();
WrittenDataset write_labelme(const Dataset& dataset, const WriteOptions& options);

}  // namespace ds::detail
