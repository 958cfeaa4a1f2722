#pragma once

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "ds/base/files.h"
#include "ds/formats/annotation_format.h"
#include "ds/testing/shared_data.h"
#include "source_peek.h"

/// What the tests of single formats share.
namespace ds::testing {

inline std::filesystem::path asset(const std::string& name) {
  return shared_folder() / ("data/formats/datumaro/tests/assets/" + name);
}
inline bool assets_are_absent() {
  return shared_is_absent("data/formats/datumaro/tests/assets");
}

/// `warning BAD_ROW file.csv:3: message`, places by file name only.
inline std::vector<std::string> issue_texts(const ReadResult& result) {
  std::vector<std::string> all;
  for (auto issue : result.issues) {
    issue.location.path = issue.location.path.filename();
    all.push_back(issue.to_string());
  }
  return all;
}

inline const Image& image_named(const ReadResult& result, const std::string& name) {
  for (const auto& image : result.dataset.images)
    if (image.name == name) return image;
  throw std::runtime_error("no image " + name);
}

/// Class name, then x y w h.
using Object = std::pair<std::string, std::vector<double>>;
inline std::vector<Object> objects_of(const ReadResult& result, const std::string& name) {
  std::vector<Object> all;
  for (const auto& a : image_named(result, name).annotations) {
    auto box = a.box();
    all.push_back({result.dataset.classes[a.class_idx].name, {box.x0, box.y0, box.width(), box.height()}});
  }
  return all;
}

/// Every folder of the shared assets in which the format is recognised although none of `own` is in its path.
inline std::vector<std::string> false_alarms(const std::string& format, const std::vector<std::string>& own) {
  std::vector<std::string> wrong;
  auto root = asset("");
  const auto& detect = annotation_formats().at(format).value.detect;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_directory()) continue;
    auto name = entry.path().lexically_relative(root).generic_string();
    bool expected = std::any_of(own.begin(), own.end(), [&](const std::string& part) {
      return name.find(part) != std::string::npos;
    });
    if (!expected && detect(detail::SourcePeek(entry.path()))) wrong.push_back(name);
  }
  return wrong;
}

}  // namespace ds::testing
