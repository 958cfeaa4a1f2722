#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "ds/project/model_store.h"

namespace ds {

class Project;

/// What a user called a model: one of the registry, or a file or folder of the user's own.
struct FoundModel {
  std::string id;  // of the registry, or the path as given
  std::filesystem::path
      path;  // a bundle folder or a weight file, as given where it is no model of the registry
  std::optional<ModelRecord> record = std::nullopt;  // where it is one
};

/// A path that is there and looks like one (it has a '/' or a '.'), else an id, name, alias or unique id prefix
/// of the registry, else any path that is there. Throws UsageError naming the registered models when it is none
/// of these.
/// @param project may be null: only paths, then
FoundModel find_model(Project* project, const std::string& model);

}  // namespace ds
