#pragma once

#include <optional>
#include <string>

namespace ds {

class Project;

/// The registry's id of a model that is in it, be it named or given as a path to the same bytes; nothing for another
/// path. Throws UsageError when there is no such model.
std::optional<std::string> registered_model(Project& project, const std::string& model,
                                            const std::string& architecture = {});

/// The registry's id of a model that find_model finds: one of a path is copied into the registry (its card, or one made for a bare
/// weight file). The id follows the content, so that registering twice is registering once. Throws what
/// load_detector and golden_answer throw: what cannot be loaded or does not work is not registered.
/// @param architecture for a bare weight file that does not name its own
std::string register_model(Project& project, const std::string& model, const std::string& architecture = {});

}  // namespace ds
