#include "ds/curation/split_project.h"

#include "curation_fixture.h"
#include "ds/base/error.h"
#include "ds/base/hash.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

/// Ids of 20 images without a split: each has a cat, every fifth a dog; the first four are one group.
std::vector<std::int64_t> add_images(Project& project, int count = 20) {
  std::vector<Image> images;
  for (int i = 0; i < count; ++i) {
    auto& image = images.emplace_back(done_image("i" + std::to_string(i)));
    image.width = image.height = image.raw_width = image.raw_height = 10;
    image.sha256 = sha256_hex(image.name);
    image.annotations = {object(0, {0, 0, 5, 5})};
    if (i % 5 == 0) image.annotations.push_back(object(1, {5, 5, 9, 9}));
    if (i < 4) image.group = "g";
  }
  return project.images().add(images).ids;
}

}  // namespace

TEST_CASE("by hash a project is split as every other part of ds splits it") {
  CurationFixture one, two;
  auto ids = add_images(one.project());
  add_images(two.project());
  auto report = split_project(one.project(), {}, false);
  two.project().images().assign_splits();
  for (auto id : ids) REQUIRE(one.project().images().get(id).split == two.project().images().get(id).split);
  REQUIRE(report.assigned == 20);
  REQUIRE(report.reassigned == 0);
  REQUIRE(!report.settings_differ);
  REQUIRE(report.images_before == SplitCounts{20, 0, 0, 0});
  REQUIRE(report.classes[0].before == SplitCounts{20, 0, 0, 0});
  REQUIRE(report.classes[1].before == SplitCounts{4, 0, 0, 0});
  REQUIRE(report.images_after[0] == 0);
  REQUIRE(split_project(one.project(), {}, false).assigned == 0);
}

TEST_CASE("stratified: counts of the report, groups whole, dry run") {
  CurationFixture f;
  auto ids = add_images(f.project());
  SplitOptions options{.shares = SplitShares{0.5, 0.25, 0.25}, .by = SplitBy::stratify};
  auto dry = split_project(f.project(), options, true);
  REQUIRE(f.project().images().counts().by_split.at("none") == 20);
  auto report = split_project(f.project(), options, false);
  REQUIRE(report.images_after == SplitCounts{0, 10, 5, 5});
  REQUIRE(report.classes[1].after == SplitCounts{0, 2, 1, 1});
  REQUIRE(dry.images_after == report.images_after);
  REQUIRE(report.settings_differ);
  for (int i = 1; i < 4; ++i)
    REQUIRE(f.project().images().get(ids[static_cast<std::size_t>(i)]).split ==
            f.project().images().get(ids[0]).split);
  REQUIRE(f.project().images().history(ids[0], 1).front().action == "split");
}

TEST_CASE("what has a split keeps it unless it is reassigned, and the report says how many") {
  CurationFixture f;
  auto& p = f.project();
  auto ids = add_images(p);
  p.images().edit(ids[0], {.split = Split::test});
  p.images().edit(ids[7], {.split = Split::val});
  SplitOptions to_train{.shares = SplitShares{1, 0, 0}};
  auto report = split_project(p, to_train, false);
  REQUIRE(report.assigned == 18);
  REQUIRE(report.kept == 2);
  REQUIRE(p.images().get(ids[3]).split == Split::test);  // of its group's first image
  REQUIRE(report.images_after == SplitCounts{0, 15, 1, 4});
  to_train.reassign = true;
  to_train.where = Filter::parse("name=i7 or name=i1");
  report = split_project(p, to_train, false);
  REQUIRE(report.reassigned == 1);
  REQUIRE(report.moves == std::map<std::pair<Split, Split>, std::size_t>{{{Split::val, Split::train}, 1}});
  REQUIRE(p.images().get(ids[1]).split == Split::test);  // the rest of its group is not chosen
  to_train.where = Filter();
  REQUIRE(split_project(p, to_train, false).reassigned == 4);
}

TEST_CASE("only the chosen images get a split, and the others do not count") {
  CurationFixture f;
  add_images(f.project());
  auto report = split_project(
      f.project(),
      {.shares = SplitShares{0.5, 0.5, 0}, .by = SplitBy::group, .where = Filter::parse("class=dog")}, false);
  REQUIRE(report.assigned == 4);
  REQUIRE(report.images_after == SplitCounts{16, 2, 2, 0});
}
