#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "ds/project/project.h"

namespace ds {

struct RenderOptions {
  int line_width = 0;     // pixels; 0: by the picture's size
  bool names = true;      // class names, and scores of proposals
  bool proposals = true;  // also what no person has seen yet
};

struct RenderResult {
  Image image;
  std::size_t drawn = 0;
};

/// The image with its annotations painted on it, as `file` (.jpg, .jpeg or .png). Throws UsageError for an
/// unknown image or extension, DataError when the image's bytes are gone or broken.
RenderResult render_image(Project& project, const std::string& image, const std::filesystem::path& file,
                          const RenderOptions& options = {});

}  // namespace ds
