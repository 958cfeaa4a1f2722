#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "ds/base/files.h"
#include "ds/formats/annotation_format.h"
#include "ds/media/synthetic_scene.h"
#include "ds/testing/shared_data.h"

/// For the tests of formats with frames, tracks and label folders.
namespace ds::sequence_testing {

using testing::shared_folder;
using testing::shared_is_absent;

inline const std::string kAssets = "data/formats/datumaro/tests/assets/";

/// A folder with label files written by a test; pictures of 64x48 where asked for.
class FormatFixture {
 public:
  FormatFixture() {
    SceneOptions options{.images = 1, .width = 64, .height = 48};
    write_scene_images(options, pictures_.path());
  }
  std::filesystem::path path(const std::string& name = {}) const {
    return name.empty() ? folder_.path() : folder_.path() / name;
  }
  void write(const std::string& name, const std::string& text) { write_file_atomically(path(name), text); }
  void image(const std::string& name) {
    make_folders(path(name).parent_path());
    std::filesystem::copy_file(pictures_.path() / "scene_0000.jpg", path(name));
  }
  /// The picture's file, for writers that copy it.
  std::filesystem::path picture() const { return pictures_.path() / "scene_0000.jpg"; }

 private:
  TemporaryFolder folder_;
  TemporaryFolder pictures_;
};

/// Issues as text, with paths below `root`.
inline std::vector<std::string> issue_texts(const ReadResult& result, const std::filesystem::path& root) {
  std::vector<std::string> all;
  for (const auto& issue : result.issues) {
    auto text = issue.to_string();
    for (std::size_t at; (at = text.find(root.string() + "/")) != std::string::npos;)
      text.erase(at, root.string().size() + 1);
    all.push_back(text);
  }
  return all;
}

inline std::size_t count_code(const ReadResult& result, const std::string& code) {
  return static_cast<std::size_t>(std::count_if(result.issues.begin(), result.issues.end(),
                                                [&](const Issue& issue) { return issue.code == code; }));
}

inline const Image& image_named(const ReadResult& result, const std::string& ending) {
  for (const auto& image : result.dataset.images)
    if (image.name.ends_with(ending)) return image;
  throw std::runtime_error("no image " + ending);
}

/// The folders of other projects' datasets that are taken for this format, alone or among others.
inline std::set<std::string> folders_taken_for(const std::string& format) {
  namespace fs = std::filesystem;
  auto root = shared_folder() / kAssets;
  std::set<std::string> taken;
  for (const auto& entry : fs::recursive_directory_iterator(root)) {
    if (!entry.is_directory()) continue;
    bool is_taken = false;
    try {
      auto found = detect_format(entry.path());
      is_taken = found && found->name == format;
    } catch (const UsageError& error) {
      is_taken = std::string(error.what()).find(" " + format + " (") != std::string::npos;
    }
    if (is_taken) taken.insert(entry.path().lexically_relative(root).generic_string());
  }
  return taken;
}

/// Everything an annotation says but where it stood.
inline Annotation without_provenance(Annotation annotation) {
  annotation.provenance = {};
  annotation.source = Source::manual;
  return annotation;
}

}  // namespace ds::sequence_testing
