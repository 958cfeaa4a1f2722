#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/project/project.h"

namespace ds::testing {

/// A new project in a temporary folder, with the classes cat, dog and bird.
class ProjectFixture {
 public:
  explicit ProjectFixture(ProjectSettings settings = {.name = "test", .split_key = "key"}) {
    Project::init(folder(), std::move(settings), {"cat", "dog", "bird"});
  }
  std::filesystem::path folder() const { return temporary_.path() / "p"; }
  Project open(const std::string& user = "ann", double lock_wait_s = 0) const {
    return Project(folder(), {.user = user, .tool = "test", .lock_wait_s = lock_wait_s});
  }

 private:
  TemporaryFolder temporary_;
};

inline Annotation box_annotation(int class_idx, Box box) {
  Annotation annotation;
  annotation.class_idx = class_idx;
  annotation.shape = box;
  return annotation;
}

/// An image whose bytes would be its name.
inline Image plain_image(const std::string& name, std::vector<Annotation> annotations = {}) {
  Image image{.name = name, .width = 640, .height = 480, .raw_width = 640, .raw_height = 480};
  image.sha256 = sha256_hex(name);
  image.annotations = std::move(annotations);
  image.state = ImageState::done;
  return image;
}

/// Stores the bytes too, so that the project verifies.
inline std::int64_t add_with_bytes(Project& project, Image image) {
  image.sha256 = project.media().put(image.name, "jpg");
  return project.images().add({image}).ids.front();
}

/// `what()` of the error that `work` throws as `Expected`, "nothing was thrown" otherwise.
template <typename Expected>
std::string message_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Expected& error) {
    return error.what();
  }
  return "nothing was thrown";
}

template <typename Expected>
std::string advice_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Expected& error) {
    return error.advice();
  }
  return "nothing was thrown";
}

/// Every problem that verify finds, one a line.
inline std::string problems_of(Project& project) {
  std::string problems;
  project.verify([&](const std::string& line) { problems += line + "\n"; });
  return problems;
}

}  // namespace ds::testing
