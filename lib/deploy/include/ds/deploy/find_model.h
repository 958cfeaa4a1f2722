#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace ds {

class Project;

/// What a user called a model.
struct FoundModel {
  std::string id;              // of the registry, or the path as given
  std::filesystem::path path;  // a bundle folder or a weight file: what load_detector takes
  bool registered = false;     // in the project's registry
};

/// An id, name, alias or unique id prefix of the registry, else a bundle folder or weight file. Throws
/// UsageError naming the registered models when it is none of these.
/// @param project may be null
FoundModel find_model(Project* project, const std::string& model);

/// The registry's id of a model: one of a path is copied into the registry (its card, or one made for a bare
/// weight file). The id follows the content, so that registering twice is registering once. Throws what
/// load_detector throws: what cannot be loaded is not registered.
/// @param architecture for a bare weight file that does not name its own
std::string register_model(Project& project, const std::string& model, const std::string& architecture = {});

}  // namespace ds
