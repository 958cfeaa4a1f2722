#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "shared/reading.h"

/// Finding the pictures that labels name, however the name was written down.
namespace ds::detail {

/// The picture called `given` (backslashes count as slashes; an absolute path, or one below another root than
/// ours, is searched by its last parts too). Searched below --images alone when given, else below `folders`,
/// first match. Empty when it is not there.
std::filesystem::path find_image_file(const Reading& reading, const std::string& given,
                                      const std::vector<std::filesystem::path>& folders);
/// The picture with this name and any extension of pictures.
std::filesystem::path find_image_of_stem(const Reading& reading, const std::string& stem,
                                         const std::vector<std::filesystem::path>& folders);
/// A path written with either slash, as '/'-separated.
std::string with_slashes(std::string path);

}  // namespace ds::detail
