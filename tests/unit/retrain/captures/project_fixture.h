#pragma once

#include <optional>
#include <stdexcept>
#include <string>

#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/media/synthetic_scene.h"
#include "ds/project/project.h"
#include "ds/retrain/collect.h"

/// A project on disk with the three classes of the synthetic scenes, a deployment "cells", and pictures to
/// capture (scene i has the same bytes in every test).
struct ProjectFixture {
  ds::TemporaryFolder temporary;
  std::filesystem::path folder = temporary.path() / "project";
  std::filesystem::path pictures = temporary.path() / "pictures";
  ds::Dataset scenes;
  std::optional<ds::Project> opened;

  ProjectFixture() {
    ds::ProjectSettings settings;
    settings.name = "cells";
    settings.split_key = "key";
    ds::Project::init(folder, settings, ds::scene_classes(3).names());
    opened.emplace(folder, ds::OpenOptions{.user = "ada", .tool = "test"});
    scenes = ds::write_scene_images({.images = 12, .seed = 3, .width = 160, .height = 120}, pictures);
    opened->deployments().create({.name = "cells", .model_id = "m-1"});
  }

  ds::Project& project() { return *opened; }
  std::string bytes(int scene) {
    return ds::read_file(pictures / scenes.images.at(static_cast<std::size_t>(scene)).name);
  }
  std::filesystem::path captures() { return project().deployments().get("cells").folder / "captures"; }

  /// What a server writes for one kept request.
  std::string capture(int scene, bool holdout = false, const std::string& group = "",
                      const std::string& detections = R"({"class":"disc","score":0.8,"box":[10,10,40,40]})") {
    return capture_bytes(bytes(scene), holdout, group, detections);
  }
  std::string capture_bytes(const std::string& picture, bool holdout, const std::string& group,
                            const std::string& detections) {
    ds::CaptureRecord record;
    record.sha256 = ds::sha256_hex(picture);
    record.deployment = "cells";
    record.model_id = "m-1";
    record.generation = 1;
    record.lane = "uniform";
    record.holdout = holdout;
    record.captured_at = "2026-11-22T10:00:00.000Z";
    record.detections = R"({"width":160,"height":120,"threshold":0.25,"group":")" + group +
                        R"(","detections":[)" + detections + "]}";
    auto file = captures() / record.sha256.substr(0, 2) / (record.sha256 + ".jpg");
    ds::write_file_atomically(file, picture);
    ds::write_file_atomically(std::filesystem::path(file).replace_extension(".json"),
                              ds::capture_to_json(record));
    return record.sha256;
  }
  ds::CollectReport collect() { return ds::collect_captures(project(), {.deployment = "cells"}); }
  ds::Image image(const std::string& sha256) {
    auto found = project().images().find_sha256(sha256);
    if (!found) throw std::runtime_error("no image " + sha256);
    return project().images().get(found->id);
  }
  /// The scene as a labelled image of the project.
  std::int64_t add_labelled(int scene, ds::Split split, ds::ImageState state = ds::ImageState::done) {
    auto made = scenes.images.at(static_cast<std::size_t>(scene));
    made.split = split;
    made.state = state;
    project().media().put(bytes(scene), ".jpg");
    return project().images().add({made}).ids.at(0);
  }
};
