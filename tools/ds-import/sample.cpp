#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/text.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/formats/annotation_format.h"
#include "ds/media/synthetic_scene.h"
#include "printing.h"
#include "verbs.h"

namespace ds::import_tool {

namespace {

struct SampleFlags {
  std::string folder;
  std::string format = "yolo";
  std::string size = "320x240";
  bool video = true;
  double video_s = 4;
  SceneOptions scene;
};

void read_size(const std::string& text, SceneOptions& scene) {
  auto parts = split(text, 'x');
  auto width = parts.size() == 2 ? parse_int(parts[0]) : std::nullopt;
  auto height = parts.size() == 2 ? parse_int(parts[1]) : std::nullopt;
  if (!width || !height) throw UsageError(fmt::format("--size is '{}', expected WIDTHxHEIGHT", text));
  scene.width = static_cast<int>(*width);
  scene.height = static_cast<int>(*height);
}

// Every twenty pictures: 14 train, 3 val, 3 test.
Split split_of(int index) {
  int place = index % 20;
  return place < 14 ? Split::train : place < 17 ? Split::val : Split::test;
}

int run(Context& context, SampleFlags& o) {
  read_size(o.size, o.scene);
  if (context.shared.seed != 0) o.scene.seed = context.shared.seed;
  o.scene.validate();
  if (context.shared.dry_run)
    return tool::would(
        context, fmt::format("write {} to {} as {}", counted(o.scene.images, "image"), o.folder, o.format),
        {{"folder", o.folder}, {"format", o.format}, {"images", o.scene.images}});
  TemporaryFolder scratch;
  auto dataset = write_scene_images(o.scene, scratch.path());
  std::vector<std::filesystem::path> files;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    dataset.images[i].split = split_of(static_cast<int>(i));
    files.push_back(scratch.path() / dataset.images[i].name);
  }
  auto report = write_dataset(dataset, files, o.folder, o.format, {.with_images = true});
  auto video = std::filesystem::path(o.folder) / "video.mp4";
  if (o.video) {
    AtomicFile file(video);
    write_scene_video(file.temporary_path(), o.scene, o.video_s);
    file.commit();
  }
  if (context.shared.json) {
    context.out.json({{"folder", o.folder},
                      {"format", o.format},
                      {"images", dataset.images.size()},
                      {"objects", dataset.annotation_count()},
                      {"classes", dataset.classes.names()},
                      {"video", o.video ? video.string() : ""}});
    return 0;
  }
  context.out.line(fmt::format("wrote {} with {} of {} ({}) to {} as {}",
                               counted(report.image_files, "image"),
                               counted(dataset.annotation_count(), "object"),
                               counted(static_cast<std::size_t>(dataset.classes.size()), "class"),
                               join(dataset.classes.names(), ", "), o.folder, o.format));
  if (o.video) context.out.line(fmt::format("and a video of {:g} s: {}", o.video_s, video.string()));
  return 0;
}

}  // namespace

void add_sample(Tool& tool) {
  auto& verb = tool.verb("sample", "make a labelled synthetic dataset to try things with");
  verb.honours({Shared::json, Shared::seed, Shared::dry_run});
  auto& o = verb.keep<SampleFlags>();
  verb.describe(R"(
      Draws coloured shapes on mottled grounds, with exact labels, train, val and test splits, and a
      short video of the same shapes. The same options and seed give the same bytes. A small detector
      learns it in minutes.)");
  verb.example("ds-import sample shapes --images 120 --seed 1");
  verb.argument("dir", o.folder, "folder to make");
  verb.options()
      .add("images", o.scene.images, "how many pictures")
      .add("classes", o.scene.classes, "how many classes, 1 to 8")
      .add("size", o.size, "of the pictures, pixels", "WxH")
      .add("min-objects", o.scene.min_objects, "fewest objects of a picture")
      .add("max-objects", o.scene.max_objects, "most objects of a picture")
      .add("min-size", o.scene.min_size, "smallest object, share of the picture's shorter side")
      .add("max-size", o.scene.max_size, "largest object, share of the picture's shorter side")
      .add("noise", o.scene.noise, "standard deviation in grey levels")
      .add("negatives", o.scene.negative_share, "share of pictures without objects")
      .choice("format", o.format, formats_to_write(), "format of the dataset")
      .add("video", o.video, "also a short video")
      .add("video-seconds", o.video_s, "length of the video")
      .within(1e-3, 3600);
  verb.run([&o](Context& context) { return run(context, o); });
}

}  // namespace ds::import_tool
