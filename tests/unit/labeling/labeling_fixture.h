#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/media/synthetic_scene.h"
#include "ds/project/project.h"

namespace ds::testing {

/// What a call refused with: "message | advice".
template <typename Exception = UsageError>
std::string refusal(const std::function<void()>& call) {
  try {
    call();
  } catch (const Exception& error) {
    return error.advice().empty() ? error.what() : std::string(error.what()) + " | " + error.advice();
  }
  return "nothing was refused";
}

/// A project in a temporary folder with the classes disc, square and triangle.
class LabelingProject {
 public:
  explicit LabelingProject(ProjectSettings settings = {}) {
    settings.name = "cells";
    Project::init(folder(), settings, {"disc", "square", "triangle"});
  }
  std::filesystem::path folder() const { return temporary_.path() / "project"; }
  Project as(const std::string& user) const { return Project(folder(), {user, "test", 0}); }

  /// An image of 100 x 50 without pixels.
  static Image image(const std::string& name, ImageState state = ImageState::unlabelled,
                     std::vector<Annotation> annotations = {}) {
    Image result;
    result.name = name;
    result.width = result.raw_width = 100;
    result.height = result.raw_height = 50;
    result.sha256 = sha256_hex(name);
    result.state = state;
    result.annotations = std::move(annotations);
    return result;
  }
  static Annotation label(int class_idx, const Box& box) {
    Annotation annotation;
    annotation.class_idx = class_idx;
    annotation.shape = box;
    return annotation;
  }
  static Annotation proposal(int class_idx, const Box& box, double score, const std::string& model = "m-1") {
    auto annotation = label(class_idx, box);
    annotation.score = score;
    annotation.source = Source::automatic;
    annotation.model_id = model;
    annotation.proposal = true;
    return annotation;
  }

  /// Synthetic scenes with pixels, named scene_0000.jpg and so on; labels are kept only when asked for.
  void add_scenes(int count, ImageState state, bool with_labels) const {
    SceneOptions options;
    options.images = count;
    options.width = 96;
    options.height = 64;
    options.negative_share = 0;
    auto scenes = write_scene_images(options, temporary_.path() / "scenes");
    auto project = as("importer");
    for (auto& each : scenes.images) {
      project.media().put_file(temporary_.path() / "scenes" / each.name);
      each.state = state;
      if (!with_labels) each.annotations.clear();
    }
    project.images().add(scenes.images);
  }

 private:
  TemporaryFolder temporary_;
};

}  // namespace ds::testing
