#include "ds/importing/fix_project.h"

#include "ds/base/error.h"
#include "ds/importing/project_check.h"
#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

// Seven faults in five objects and the state; object 1 and 6 are right.
std::vector<Annotation> faulty() {
  return {
      {.shape = Box{1, 1, 9, 9}},   {.shape = Box{5, 5, 5, 9}},
      {.shape = Box{-4, 2, 6, 60}}, {.shape = Box{70, 2, 80, 9}},
      {.shape = Box{1, 1, 9, 9}},   {.shape = Polygon{{{{20, 20}, {30, 20}, {30, 30}}, {{1, 1}, {2, 2}}}}}};
}

// A project with one image of 64x48 that has them.
struct Faulty : ProjectFixture {
  std::int64_t id = 0;
  Faulty() {
    dataset("d", 2);
    add("d");
    id = project().images().list()[0].id;
    project().images().edit(id, {.state = ImageState::unlabelled, .annotations = faulty()});
  }
  Image image() { return project().images().get(id); }
};

}  // namespace

TEST_CASE("fix lists what it would mend and changes nothing") {
  Faulty f;
  auto before = f.image();
  auto report = fix_project(f.project(), {});
  REQUIRE(report.images == 1);
  REQUIRE(report.by_code == std::map<std::string, std::size_t>{{"BOX_OUTSIDE_IMAGE", 2},
                                                               {"DEGENERATE_RING", 1},
                                                               {"DUPLICATE_OBJECT", 1},
                                                               {"UNLABELLED_WITH_OBJECTS", 1},
                                                               {"ZERO_SIZE_BOX", 1}});
  auto place = before.name + ": object " + std::to_string(before.annotations[1].id);
  REQUIRE(report.fixes[1].to_string() ==
          "note ZERO_SIZE_BOX " + place + ": disc [5, 5, 5, 9] removed: it has no area");
  REQUIRE(f.image() == before);
}

TEST_CASE("fix --apply mends by one undoable entry an image; a second time there is nothing") {
  Faulty f;
  auto before = f.image();
  fix_project(f.project(), {.apply = true});
  auto after = f.image();
  REQUIRE(after.state == ImageState::review);
  REQUIRE(after.annotations.size() == 3);
  REQUIRE(after.annotations[0].shape == Shape(Box{1, 1, 9, 9}));
  REQUIRE(after.annotations[1].shape == Shape(Box{0, 2, 6, 48}));
  REQUIRE(after.annotations[2].shape == Shape(Polygon{{{{20, 20}, {30, 20}, {30, 30}}}}));
  auto entry = f.project().images().history(f.id, 1)[0];
  REQUIRE(entry.action == "fix");
  REQUIRE(entry.comment ==
          "mended 2 BOX_OUTSIDE_IMAGE, 1 DEGENERATE_RING, 1 DUPLICATE_OBJECT, 1 UNLABELLED_WITH_OBJECTS, 1 "
          "ZERO_SIZE_BOX");
  REQUIRE(fix_project(f.project(), {.apply = true}).fixes.empty());
  f.project().images().undo(f.id);
  REQUIRE(f.image().annotations == before.annotations);
  REQUIRE(f.image().state == ImageState::unlabelled);
}

TEST_CASE("fix does only what it is asked for") {
  Faulty f;
  fix_project(f.project(), {.only = {"ZERO_SIZE_BOX"}, .apply = true});
  REQUIRE(f.image().annotations.size() == 5);
  REQUIRE(fix_project(f.project(), {.where = "split=test"}).fixes.empty());
  REQUIRE_THROWS_AS(fix_project(f.project(), {.only = {"ZERO_BOX"}}), UsageError);
}

TEST_CASE("check and fix agree: every fault that fix knows is one that check reports") {
  Faulty f;
  auto issues = check_project(f.project(), {.files = false}, no_progress());
  for (const auto& [code, how] : fix_codes()) {
    CAPTURE(code);
    REQUIRE(std::any_of(issues.begin(), issues.end(), [&](const Issue& i) { return i.code == code; }));
  }
  fix_project(f.project(), {.apply = true});
  for (const auto& issue : check_project(f.project(), {.files = false}, no_progress()))
    REQUIRE_FALSE(fix_codes().contains(issue.code));
}
