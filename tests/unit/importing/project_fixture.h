#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "ds/base/files.h"
#include "ds/importing/add_sources.h"
#include "ds/media/synthetic_scene.h"
#include "ds/project/project.h"

namespace ds::testing {

/// A scratch folder with an empty project `p` and helpers to put sources beside it.
class ProjectFixture {
 public:
  explicit ProjectFixture(const std::vector<std::string>& classes = {}) {
    ProjectSettings settings;
    settings.split_key = "fixed";
    Project::init(path("p"), settings, classes);
    project_.emplace(path("p"), OpenOptions{.user = "ada", .tool = "test"});
  }
  std::filesystem::path path(const std::string& name) const { return folder_.path() / name; }
  Project& project() { return *project_; }

  /// A YOLO dataset of `count` scenes in the folder `name`.
  Dataset dataset(const std::string& name, int count, std::uint64_t seed = 7, int classes = 3) {
    auto made = write_scene_images(
        {.images = count, .seed = seed, .width = 64, .height = 48, .classes = classes, .negative_share = 0},
        path(name + "-images"));
    std::vector<std::filesystem::path> files;
    for (auto& image : made.images) {
      image.split = Split::train;
      files.push_back(path(name + "-images") / image.name);
    }
    write_dataset(made, files, path(name), "yolo", {.with_images = true});
    return made;
  }
  AddReport add(const std::string& name, AddOptions options = {}) {
    return add_sources(project(), {path(name)}, options, no_progress());
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const auto& image : project().images().list()) all.push_back(image.name);
    return all;
  }
  std::size_t blobs() const {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(path("p/media")))
      count += entry.is_regular_file();
    return count;
  }

 private:
  TemporaryFolder folder_;
  std::optional<Project> project_;
};

}  // namespace ds::testing
