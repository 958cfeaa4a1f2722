#include "ds/importing/broken_pictures.h"

#include "ds/base/error.h"
#include "ds/importing/convert_dataset.h"
#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;

namespace {

struct CutShort : ProjectFixture {
  CutShort() {
    dataset("d", 3);
    auto bytes = read_file(cut());
    write_file_atomically(cut(), bytes.substr(0, bytes.size() - 40));
  }
  fs::path cut() const { return path("d/images/train/scene_0001.jpg"); }
  ConvertReport convert(const std::string& to, ConvertOptions options) const {
    return convert_dataset(path("d"), path(to), options, no_progress());
  }
};

}  // namespace

TEST_CASE("a picture that is cut short is found, decoded or not") {
  CutShort c;
  auto read = read_dataset(c.path("d"), "yolo");
  for (bool decode : {false, true}) {
    auto broken = broken_pictures(read, {.decode = decode}, no_progress());
    REQUIRE(broken.size() == 1);
    const auto& issue = broken.begin()->second;
    REQUIRE(issue.to_string() ==
            "error BROKEN_IMAGE " + c.cut().string() + ": the jpeg is cut short or damaged: no end marker");
  }
}

TEST_CASE("a picture inside a label file is looked at like any other") {
  CutShort c;
  auto made = c.dataset("e", 2);
  std::vector<fs::path> files = {c.path("e-images") / made.images[0].name, c.cut()};
  write_dataset(made, files, c.path("r"), "tfrecord", {.with_images = true});
  auto broken = broken_pictures(read_dataset(c.path("r"), "tfrecord"), {}, no_progress());
  REQUIRE(broken.size() == 1);
  REQUIRE(broken.begin()->second.message == "the jpeg is cut short or damaged: no end marker");
}

TEST_CASE("a conversion refuses a broken picture by name, with and without pictures, or leaves it out") {
  CutShort c;
  for (bool with_images : {false, true}) {
    std::vector<Issue> seen;
    ConvertOptions options{.to = "coco", .prove = true, .writing = {.with_images = with_images}};
    options.on_issues = [&](const std::vector<Issue>& issues) { seen = issues; };
    REQUIRE_THROWS_WITH(c.convert("out", options), c.path("d").string() + ": 1 picture is broken");
    REQUIRE_FALSE(fs::exists(c.path("out")));
    REQUIRE(seen.size() == 1);
    REQUIRE(seen[0].location.path == c.cut());
    options.keep_going = true;
    auto report = c.convert(with_images ? "with" : "without", options);
    REQUIRE(report.images == 2);
    REQUIRE(report.notes.back() == "1 broken picture is left out");
  }
}
