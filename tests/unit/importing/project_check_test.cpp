#include "ds/importing/project_check.h"

#include "ds/base/error.h"
#include "ds/importing/fix_project.h"
#include "ds/testing/shared_data.h"
#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

std::vector<std::string> texts(const std::vector<Issue>& issues) {
  std::vector<std::string> all;
  for (const auto& issue : issues) all.push_back(issue.to_string());
  return all;
}

}  // namespace

TEST_CASE("labels are checked with their place") {
  Dataset dataset;
  dataset.classes = ClassList({"car", "dog"});
  Image a{.name = "a.jpg",
          .width = 100,
          .height = 80,
          .sha256 = "1",
          .split = Split::train,
          .state = ImageState::done};
  a.annotations = {{.id = 1, .class_idx = 0, .shape = Box{0, 0, 50, 50}},
                   {.id = 2, .class_idx = 0, .shape = Box{0, 0, 50, 49.5}},
                   {.id = 3, .class_idx = 0, .shape = Box{10, 10, 10, 20}},
                   {.id = 4, .class_idx = 0, .shape = Box{90, 10, 101, 20}},
                   {.id = 5, .class_idx = 0, .shape = Box{60, 60, 61, 70}}};
  Image b{.name = "b.jpg", .width = 100, .height = 80, .sha256 = "1", .split = Split::test};
  Image c{.name = "c.jpg", .width = 100, .height = 80, .sha256 = "3", .group = "g", .split = Split::train};
  Image d{.name = "d.jpg", .width = 100, .height = 80, .sha256 = "4", .group = "g", .split = Split::val};
  dataset.images = {a, b, c, d};
  // object 2 lies inside object 1: IoU 49.5 / 50 = 0.99
  REQUIRE(texts(check_labels(dataset)) ==
          std::vector<std::string>{
              "warning ZERO_SIZE_BOX a.jpg: object 3: car [10, 10, 10, 20] has no area; it is never trained "
              "on or counted",
              "warning BOX_OUTSIDE_IMAGE a.jpg: object 4: car [90, 10, 101, 20] reaches outside 100x80",
              "note TINY_OBJECT a.jpg: object 5: car [60, 60, 61, 70] has a side under 2 pixels",
              "warning TWIN_OBJECTS a.jpg: object 2: car covers object 1 by 0.99",
              "error SPLIT_LEAK b.jpg: the same file is in test here and in train as a.jpg",
              "error SPLIT_LEAK d.jpg: group 'g' is in val here and in train with c.jpg",
              "note CLASS_UNUSED classes: dog: no object has this class"});
}

TEST_CASE("every code is explained in docs/IMPORT.md") {
  auto page = read_file(source_folder() / "docs/IMPORT.md");
  for (const auto& codes : {issue_codes(), check_codes(), fix_codes(), loss_kinds()})
    for (const auto& [code, meaning] : codes)
      REQUIRE(page.find("| `" + code + "` | " + meaning + " |") != std::string::npos);
}

TEST_CASE("a stored file that changed is found, decoding finds what its bytes hide") {
  ProjectFixture f;
  f.dataset("d", 3);
  f.add("d");
  REQUIRE(count_of(check_project(f.project(), {.decode = true}, no_progress()), Severity::error) == 0);
  auto blob = f.project().media().path_of(f.project().images().list()[1].sha256);
  write_file_atomically(blob, read_file(blob).substr(0, 500));
  auto issues = check_project(f.project(), {.decode = true}, no_progress());
  auto has = [&](const std::string& code) {
    return std::any_of(issues.begin(), issues.end(), [&](const Issue& issue) { return issue.code == code; });
  };
  REQUIRE(has("STORE_DAMAGED"));
  REQUIRE(has("BROKEN_IMAGE"));
}
