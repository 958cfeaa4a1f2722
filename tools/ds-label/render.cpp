#include "ds/labeling/render.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/project.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "options.h"
#include "verbs.h"

namespace ds::label_tool {
namespace {

struct RenderFlags {
  std::string image;
  std::filesystem::path output;
  RenderOptions render;
};

}  // namespace

void add_render(Tool& tool) {
  auto& verb = tool.verb("render", "an image with its annotations drawn on it");
  verb.honours({Shared::project, Shared::json});
  auto& o = verb.keep<RenderFlags>();
  bind_image(verb, o.image);
  verb.options()
      .add("output", o.output, "picture to write: .jpg or .png")
      .add("names", o.render.names, "class names, and scores of proposals")
      .add("proposals", o.render.proposals, "also proposals")
      .add("line-width", o.render.line_width, "pixels; 0: by the picture's size")
      .within(0, 1000);
  verb.example("ds-label render a.jpg -o a-labels.jpg");
  verb.run([&o](Context& context) {
    if (o.output.empty())
      throw UsageError("where to write the picture is missing", "name a file with -o FILE.jpg");
    auto project = tool::open_project(context);
    auto result = render_image(project, o.image, o.output, o.render);
    if (context.shared.json)
      context.out.json({{"image", result.image.name}, {"file", o.output.string()}, {"drawn", result.drawn}});
    else
      context.out.line(fmt::format("wrote {}: {} with {}", o.output.string(), result.image.name,
                                   counted(result.drawn, "annotation")));
    return 0;
  });
}

}  // namespace ds::label_tool
