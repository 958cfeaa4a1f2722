#include "ds/importing/convert_dataset.h"

#include "ds/base/error.h"
#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;

namespace {

struct Conversion : ProjectFixture {
  ConvertReport convert(const std::string& from, const std::string& to, ConvertOptions options) {
    return convert_dataset(path(from), path(to), options, no_progress());
  }
};

}  // namespace

TEST_CASE("a dataset goes through every format and comes back proven") {
  Conversion c;
  c.dataset("d", 4);
  for (const auto& entry : annotation_formats().entries()) {
    if (!entry.value.write) continue;
    CAPTURE(entry.name);
    ConvertOptions options{.to = entry.name, .prove = true};
    options.writing.with_images = true;
    options.writing.allow_loss = {"all"};
    auto there = c.convert("d", "to-" + entry.name, options);
    REQUIRE(there.from == "yolo");
    REQUIRE(there.images == 4);
    REQUIRE(there.proof->objects == there.objects);
    options.to = "coco";
    auto back = c.convert("to-" + entry.name, "back-" + entry.name, options);
    REQUIRE(back.from == entry.name);
    REQUIRE(back.images == 4);
    REQUIRE(back.objects == there.objects);
  }
}

TEST_CASE("labels that cannot be read stop a conversion, or are left out; all are handed out first") {
  Conversion c;
  c.dataset("d", 2);
  write_file_atomically(c.path("d/labels/train/scene_0001.txt"), "0 0.5 0.5 0.1 0.1\n9 0.5 0.5 0.1 0.1\n");
  std::size_t seen = 0;
  ConvertOptions options{.to = "coco"};
  options.on_issues = [&](const std::vector<Issue>& issues) { seen = issues.size(); };
  REQUIRE_THROWS_WITH(c.convert("d", "out", options), c.path("d").string() + ": 1 label cannot be read");
  REQUIRE(seen == 1);
  REQUIRE_FALSE(fs::exists(c.path("out")));
  options.keep_going = true;
  REQUIRE(c.convert("d", "out", options).images == 2);
}

TEST_CASE("pictures that are to be written must be there") {
  Conversion c;
  c.dataset("d", 2);
  c.convert("d", "apart/labels.json", {});
  ConvertOptions options{.to = "voc"};
  REQUIRE(c.convert("apart/labels.json", "voc", options).images == 2);
  options.writing.with_images = true;
  REQUIRE_THROWS_WITH(c.convert("apart/labels.json", "voc", options),
                      c.path("apart/labels.json").string() + ": 2 images are not there");
  options.reading.images = c.path("d-images");
  REQUIRE(c.convert("apart/labels.json", "voc", options).written.image_files == 2);
}

TEST_CASE("classes are dropped, renamed and merged") {
  Conversion c;
  auto made = c.dataset("d", 6);
  std::map<int, std::size_t> objects;
  for (const auto& image : made.images)
    for (const auto& annotation : image.annotations) ++objects[annotation.class_idx];
  ConvertOptions options{.to = "yolo", .drop_classes = {"triangle"}, .rename_classes = {"square=disc"}};
  auto report = c.convert("d", "out", options);
  REQUIRE(report.dropped == objects[2]);
  REQUIRE(report.objects == objects[0] + objects[1]);
  REQUIRE(read_file(c.path("out/data.yaml")).find("names:\n  0: disc\n") != std::string::npos);
  options.drop_classes = {"triangel"};
  REQUIRE_THROWS_AS(c.convert("d", "out", options), UsageError);
  REQUIRE_THROWS_WITH(c.convert("d", "out", {.to = "yolo", .rename_classes = {"disc"}}),
                      "--rename-class is 'disc'; expected old=new");
}

TEST_CASE("clipping is counted") {
  Conversion c;
  write_file_atomically(
      c.path("x.json"),
      R"({"images":[{"id":1,"file_name":"a.jpg","width":64,"height":48}],"categories":[{"id":1,"name":"cat"}],
      "annotations":[{"id":1,"image_id":1,"category_id":1,"bbox":[-4,2,10,10]},
                     {"id":2,"image_id":1,"category_id":1,"bbox":[80,2,10,10]},
                     {"id":3,"image_id":1,"category_id":1,"bbox":[1,2,10,10]}]})");
  auto report = c.convert("x.json", "y.json", {.prove = true, .clip = true});
  REQUIRE(report.clipped == 1);
  REQUIRE(report.clipped_away == 1);
  REQUIRE(report.objects == 2);
}

TEST_CASE("a dry run counts losses and writes nothing; images may be links") {
  Conversion c;
  c.dataset("d", 2);
  auto planned = c.convert("d", "out", {.to = "voc", .dry_run = true});
  REQUIRE(planned.objects > 0);
  REQUIRE_FALSE(fs::exists(c.path("out")));
  ConvertOptions options{.to = "coco"};
  options.writing.with_images = options.writing.hardlink = true;
  c.convert("d", "out", options);
  REQUIRE(fs::hard_link_count(c.path("out/images/train/scene_0000.jpg")) == 2);
}

TEST_CASE("a conversion does not replace what it reads") {
  Conversion c;
  c.dataset("d", 2);
  REQUIRE_THROWS_WITH(c.convert("d", "d", {.to = "coco"}),
                      c.path("d").string() + " holds what is to be converted");
  REQUIRE_THROWS_WITH(c.convert("d", "out", {}), "--to is needed: the format to write");
}

TEST_CASE("an image whose only label cannot be read is never written as a negative") {
  Conversion c;
  c.dataset("d", 2, 7, 1);
  write_file_atomically(c.path("d/labels/train/scene_0000.txt"), "0 0.5 x 0.5 0.5\n");
  auto report = c.convert("d", "out", {.to = "yolo", .keep_going = true});
  REQUIRE(report.incomplete == std::vector<std::string>{"train/scene_0000.jpg"});
  REQUIRE_FALSE(fs::exists(c.path("out/labels/train/scene_0000.txt")));
  REQUIRE(fs::exists(c.path("out/labels/train/scene_0001.txt")));
  REQUIRE(report.written.notes == std::vector<std::string>{"1 unlabelled images are left out"});
}
