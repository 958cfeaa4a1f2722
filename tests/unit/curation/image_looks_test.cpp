#include "ds/curation/image_looks.h"

#include "curation_fixture.h"
#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;

TEST_CASE("looks are remembered, also by another run, and the file may be damaged or gone") {
  CurationFixture f;
  auto id = f.add_jpeg(done_image("a.jpg"), f.scene(0));
  std::vector<Image> images = {f.project().images().get(id)};
  auto look = ImageLooks(f.project(), 1).of(images, no_progress())[0];
  REQUIRE(look.has_value());
  auto cache = f.folder() / "cache" / "looks.tsv";
  REQUIRE(LookCache(cache).look(images[0].sha256) == look);
  // Without the bytes only the cache can know it.
  fs::remove(f.project().media().path_of(images[0].sha256));
  REQUIRE(ImageLooks(f.project(), 1).of(images, no_progress())[0] == look);
  append_line(cache, "torn\tline");
  REQUIRE(LookCache(cache).size() == 1);
  write_file_atomically(cache, "something else\n" + images[0].sha256 + "\t0\t0\t0\t-\n");
  ImageLooks again(f.project(), 1);
  REQUIRE(!again.of(images, no_progress())[0].has_value());
  REQUIRE(again.unreadable().at("a.jpg").starts_with("the bytes of image 'a.jpg' are gone: "));
}

TEST_CASE("two caches written side by side keep what both know") {
  TemporaryFolder folder;
  auto file = folder.path() / "cache" / "looks.tsv";
  std::string a(64, 'a'), b(64, 'b');
  LookCache one(file), two(file);
  one.put(a, {1, 2, {3, 4, 5}});
  two.put(b, {6, 7, {8, 9, 255}});
  two.put_pixels(a, std::string(64, 'c'));
  REQUIRE(one.save());
  REQUIRE(two.save());
  LookCache both(file);
  REQUIRE(both.look(a) == ImageLook{1, 2, {3, 4, 5}});
  REQUIRE(both.look(b) == ImageLook{6, 7, {8, 9, 255}});
  REQUIRE(both.pixels(a) == std::string(64, 'c'));
  REQUIRE(!both.pixels(b).has_value());
  REQUIRE(!both.look(std::string(64, 'd')).has_value());
}

TEST_CASE("a cache that cannot be written is no error") {
  TemporaryFolder folder;
  write_file_atomically(folder.path() / "cache", "a file where the folder should be");
  LookCache cache(folder.path() / "cache" / "looks.tsv");
  cache.put(std::string(64, 'a'), {});
  REQUIRE(!cache.save());
}

TEST_CASE("pixels are the same whatever file they are in; a turned copy is another picture") {
  CurationFixture f;
  auto jpeg = encode_jpeg(f.scene(0), 80);
  auto decoded = decode_image(jpeg, "a.jpg");
  auto other = decoded.clone();
  other.at<cv::Vec3b>(5, 5)[0] ^= 1;  // one level of one pixel
  cv::Mat turned;
  cv::rotate(decoded, turned, cv::ROTATE_90_CLOCKWISE);
  std::vector<Image> images;
  for (auto id : {f.add(done_image("a.jpg"), decoded, jpeg), f.add_png(done_image("a.png"), decoded),
                  f.add_png(done_image("b.png"), other), f.add_png(done_image("c.png"), turned)})
    images.push_back(f.project().images().get(id));
  auto hashes = ImageLooks(f.project(), 2).pixels_of(images, no_progress());
  REQUIRE(*hashes[0] == *hashes[1]);
  REQUIRE(*hashes[0] != *hashes[2]);
  REQUIRE(*hashes[0] != *hashes[3]);
}

TEST_CASE("what looks alike: rescaled and compressed again; not another scene, not another flat colour") {
  CurationFixture f;
  cv::Mat smaller;
  cv::resize(f.scene(0), smaller, {200, 150}, 0, 0, cv::INTER_AREA);
  cv::Mat black(240, 320, CV_8UC3, cv::Scalar(0, 0, 0)), white(240, 320, CV_8UC3, cv::Scalar(255, 255, 255));
  std::vector<Image> images;
  for (auto id : {f.add_jpeg(done_image("a"), f.scene(0), 95), f.add_jpeg(done_image("b"), smaller, 60),
                  f.add_jpeg(done_image("c"), f.scene(1), 95), f.add_png(done_image("d"), black),
                  f.add_png(done_image("e"), white)})
    images.push_back(f.project().images().get(id));
  auto looks = ImageLooks(f.project(), 2).of(images, no_progress());
  REQUIRE(look_alike(*looks[0], *looks[1], 4));
  REQUIRE(!look_alike(*looks[0], *looks[2], 4));
  REQUIRE(!look_alike(*looks[3], *looks[4], 20));
}
