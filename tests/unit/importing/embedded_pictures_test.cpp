// Pictures that stand inside a label file become the project's own.
#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::ProjectFixture;
namespace fs = std::filesystem;

namespace {

Dataset write_records(const ProjectFixture& f) {
  auto made = write_scene_images(
      {.images = 3, .seed = 5, .width = 64, .height = 48, .classes = 2, .negative_share = 0},
      f.path("pictures"));
  std::vector<fs::path> files;
  for (auto& image : made.images) {
    image.split = Split::val;
    files.push_back(f.path("pictures") / image.name);
  }
  write_dataset(made, files, f.path("records"), "tfrecord", {.with_images = true});
  return made;
}

}  // namespace

TEST_CASE("embedded pictures are stored with their own bytes, labels and splits; again adds nothing") {
  ProjectFixture f;
  auto made = write_records(f);
  auto report = f.add("records");
  REQUIRE(report.images_added == 3);
  REQUIRE(report.by_split.at("val") == 3);
  REQUIRE(report.annotations_added == made.annotation_count());
  REQUIRE(report.skipped.empty());
  REQUIRE(f.blobs() == 3);
  for (const auto& image : f.project().images().list()) {
    auto blob = f.project().media().path_of(image.sha256);
    REQUIRE(blob.extension() == ".jpg");
    REQUIRE(read_file(blob) == read_file(f.path("pictures") / image.name));
    REQUIRE(image.origin.find("val.tfrecord: record ") != std::string::npos);
  }
  report = f.add("records");
  REQUIRE(report.images_added == 0);
  REQUIRE(report.already_there == 3);
}

TEST_CASE("embedded pictures cannot be referenced, and a dry run stores none") {
  ProjectFixture f;
  write_records(f);
  REQUIRE_THROWS_WITH(
      f.add("records", {.link = "reference"}),
      "--link reference cannot be used with " + f.path("records").string() + ": its images are not files");
  REQUIRE(f.add("records", {.dry_run = true}).images_added == 3);
  REQUIRE(f.blobs() == 0);
  REQUIRE(f.names().empty());
}
