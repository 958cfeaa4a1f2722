#include "ds/curation/leaks.h"

#include "curation_fixture.h"
#include "ds/base/error.h"
#include "ds/testing/shared_data.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

std::string text_of(const LeakReport& report) {
  std::string text;
  for (const auto& leak : report.leaks) {
    for (const auto& pair : leak.pairs)
      text += to_string(pair.kind) + " " + leak.images[pair.a].name + " " + leak.images[pair.b].name + ", ";
    text += "of " + std::to_string(leak.images.size()) + "; ";
  }
  return text;
}

Image in_group(Image image, const std::string& group) {
  image.group = group;
  return image;
}

}  // namespace

TEST_CASE("what stands in two splits: pixels, looks, groups, videos") {
  CurationFixture f;
  auto& p = f.project();
  auto jpeg = encode_jpeg(f.scene(0), 95);
  f.add(done_image("a", Split::train), f.scene(0), jpeg);
  f.add_png(done_image("a copy", Split::test), decode_image(jpeg, "a"));
  f.add_jpeg(done_image("b", Split::train), f.scene(1), 95);
  f.add_jpeg(done_image("b again", Split::val), f.scene(1), 70);
  f.add_jpeg(done_image("b in train", Split::train), f.scene(1), 60);
  f.add_jpeg(in_group(done_image("g1", Split::train), "g"), f.scene(2));
  f.add_jpeg(in_group(done_image("g2", Split::test), "g"), f.scene(3));
  for (int i = 0; i < 4; ++i) {
    auto frame = done_image("v" + std::to_string(i), i < 2 ? Split::val : Split::test);
    frame.time_s = i;
    frame.origin = "clip.mp4#" + std::to_string(30 * i);
    f.add_jpeg(frame, f.scene(4 + i));
  }
  // No leak: one split, rejected, no split.
  f.add_jpeg(done_image("c", Split::val), f.scene(10), 95);
  f.add_jpeg(done_image("c again", Split::val), f.scene(10), 70);
  auto rejected = done_image("c rejected", Split::train);
  rejected.state = ImageState::rejected;
  f.add_jpeg(rejected, f.scene(10), 65);
  f.add_jpeg(done_image("c without"), f.scene(10), 60);
  auto report = find_leaks(p, {}, no_progress());
  REQUIRE(report.images == 13);
  REQUIRE(text_of(report) ==
          "same-pixels a a copy, of 2; look-alike b b again, look-alike b again b in train, of 3; "
          "group g1 g2, of 2; video v1 v2, of 4; ");
  using Exposed = std::map<std::pair<Split, Split>, std::size_t>;
  // test from train: a copy, g2; from val: v2. train from val: b and b in train; from test: a,
  // g1. val from ...
  REQUIRE(report.exposed == Exposed{{{Split::test, Split::train}, 2},
                                    {{Split::test, Split::val}, 1},
                                    {{Split::train, Split::val}, 2},
                                    {{Split::train, Split::test}, 2},
                                    {{Split::val, Split::train}, 1},
                                    {{Split::val, Split::test}, 1}});
  REQUIRE(report.leaks[1].kinds() == std::set<LeakKind>{LeakKind::look_alike});
  auto unseen = find_leaks(p, {.looks = false}, no_progress());
  REQUIRE(text_of(unseen) == "group g1 g2, of 2; video v1 v2, of 4; ");
  REQUIRE(find_leaks(p, {.where = Filter::parse("split=train")}, no_progress()).leaks.empty());
}

TEST_CASE("a leak goes home as a whole: to test, or to the larger and then the older part") {
  auto leak_of = [](std::vector<Split> splits) {
    Leak leak;
    for (auto split : splits) {
      leak.images.push_back({.id = static_cast<std::int64_t>(leak.images.size() + 1)});
      leak.images.back().split = split;
      ++leak.of_split[static_cast<std::size_t>(split)];
    }
    return leak;
  };
  using enum Split;
  REQUIRE(home_of(leak_of({train, train, test}), {}) == test);
  REQUIRE(home_of(leak_of({train, train, test}), {.from_test = true}) == train);
  REQUIRE(home_of(leak_of({val, train, train}), {}) == train);
  REQUIRE(home_of(leak_of({val, train}), {}) == val);
  REQUIRE(home_of(leak_of({train, val}), {}) == train);
  REQUIRE(home_of(leak_of({test, train}), {.from_test = true}) == test);
  REQUIRE(home_of(leak_of({train, val, val, test, test}), {.from_test = true}) == val);
}

TEST_CASE("mending leaves no leak, takes whole groups along, and a dry run changes nothing") {
  CurationFixture f;
  auto& p = f.project();
  f.add_jpeg(in_group(done_image("a1", Split::train), "a"), f.scene(0), 95);
  f.add_jpeg(in_group(done_image("a2", Split::train), "a"), f.scene(1), 95);
  f.add_jpeg(done_image("copy of a1", Split::test), f.scene(0), 70);
  f.add_jpeg(done_image("b", Split::val), f.scene(2), 95);
  f.add_jpeg(done_image("b again", Split::train), f.scene(2), 70);
  auto report = find_leaks(p, {}, no_progress());
  auto dry = fix_leaks(p, report, {}, true);
  REQUIRE(p.images().counts().by_split.at("test") == 1);
  auto fixed = fix_leaks(p, report, {}, false);
  using Moves = std::map<std::pair<Split, Split>, std::size_t>;
  REQUIRE(fixed.moves == Moves{{{Split::train, Split::test}, 2}, {{Split::train, Split::val}, 1}});
  REQUIRE(dry.moves == fixed.moves);
  REQUIRE(fixed.leaks == 2);
  REQUIRE(fixed.images == 3);
  REQUIRE(p.images().find("a2").split == Split::test);
  REQUIRE(p.images().history(p.images().find("a2").id, 1).front().action == "split");
  REQUIRE(find_leaks(p, {}, no_progress()).leaks.empty());
}

TEST_CASE("the published split of BCCD leaks: one field under the microscope, photographed twice") {
  if (shared_is_absent("data/bccd")) return;
  CurationFixture f;
  auto folder = shared_folder() / "data/bccd/BCCD/JPEGImages";
  for (int number = 30; number < 60; ++number) {
    auto name = "BloodImage_000" + std::to_string(number) + ".jpg";
    if (!std::filesystem::exists(folder / name)) continue;
    auto bytes = read_file(folder / name);
    f.add(done_image(name, number == 37 ? Split::val : Split::train), decode_image(bytes, name), bytes);
  }
  REQUIRE(text_of(find_leaks(f.project(), {}, no_progress())) ==
          "look-alike BloodImage_00037.jpg BloodImage_00038.jpg, of 2; ");
}
