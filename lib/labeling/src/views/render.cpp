#include "ds/labeling/render.h"

#include <algorithm>
#include <opencv2/core.hpp>

#include "ds/media/draw.h"
#include "ds/media/image_io.h"

namespace ds {

RenderResult render_image(Project& project, const std::string& name, const std::filesystem::path& file,
                          const RenderOptions& options) {
  require_picture_name(file);
  auto image = project.images().find(name);
  auto annotations = image.annotations;
  if (!options.proposals) std::erase_if(annotations, [](const Annotation& a) { return a.proposal; });
  auto pixels = decode_image_file(project.media().path_of(image.sha256));
  DrawOptions draw;
  draw.line_width = options.line_width;
  draw.labels = options.names;
  draw_annotations(pixels, annotations, project.classes().list(), draw);
  write_image(file, pixels);
  return {image, annotations.size()};
}

}  // namespace ds
