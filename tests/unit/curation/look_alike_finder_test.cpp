#include "ds/curation/look_alike_finder.h"

#include "curation_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

ImageLook look(const cv::Mat& pixels, int quality) {
  return look_of(encode_jpeg(pixels, quality), "new.jpg", pixels.cols, pixels.rows);
}

}  // namespace

TEST_CASE("the finder knows the chosen image that a new picture looks like, and what was added since") {
  CurationFixture f;
  f.add_jpeg(done_image("a.jpg", Split::test), f.scene(0));
  f.add_jpeg(done_image("b.jpg", Split::train), f.scene(1));
  LookAlikeFinder finder(f.project(), Filter::parse("split=test"));
  REQUIRE(finder.nearest(look(f.scene(0), 60))->name == "a.jpg");
  REQUIRE(finder.nearest(look(f.scene(1), 60)) == nullptr);
  REQUIRE(finder.nearest(look(f.scene(2), 60)) == nullptr);

  auto added = done_image("c.jpg");
  added.sha256 = std::string(64, 'c');
  finder.add(added, look(f.scene(2), 90));
  REQUIRE(finder.nearest(look(f.scene(2), 60))->name == "c.jpg");
  LookCache cache(f.folder() / "cache" / "looks.tsv");
  REQUIRE_FALSE(cache.look(added.sha256));
  finder.save();
  REQUIRE(LookCache(f.folder() / "cache" / "looks.tsv").look(added.sha256) == look(f.scene(2), 90));
}
