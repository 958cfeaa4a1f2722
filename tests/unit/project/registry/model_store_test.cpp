#include "ds/project/model_store.h"

#include <cstdlib>

#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;

namespace {

void fill(const fs::path& folder) {
  write_file_atomically(folder / "model.yaml", "card");
  write_file_atomically(folder / "exports" / "model.onnx", "onnx");
}

}  // namespace

TEST_CASE("a model appears as a whole, with its row") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto model = project.models().add({.name = "nano", .architecture = "yolox-nano", .metrics = {{"ap", 0.5}}},
                                    [&](const fs::path& folder) {
                                      fill(folder);
                                      REQUIRE(project.models().list().empty());
                                    });
  REQUIRE(model.id.size() == 10);
  REQUIRE(model.id.starts_with("m-"));
  REQUIRE(read_file(model.folder / "exports" / "model.onnx") == "onnx");
  auto twin = project.models().add({.name = "nano"}, fill);
  REQUIRE(twin.name == "nano-2");
  REQUIRE(project.models().get("nano").id == model.id);
  REQUIRE(project.models().get("nano-2").id == twin.id);
  REQUIRE(project.models().get(model.id.substr(0, 9)).metrics.at("ap") == 0.5);
  REQUIRE(problems_of(project) == "");
}

TEST_CASE("a model whose files could not be written leaves nothing") {
  ProjectFixture fixture;
  auto project = fixture.open();
  REQUIRE(message_of<Error>([&] {
            project.models().add({.id = "m-1"}, [](const fs::path& folder) {
              fill(folder);
              throw Error("no weights");
            });
          }) == "no weights");
  REQUIRE(project.models().list().empty());
  REQUIRE(fs::is_empty(fixture.folder() / "models"));
}

TEST_CASE("aliases move by compare and swap, and remember") {
  setenv("DS_FAKE_NOW", "2026-11-22T09:30:05Z", 1);
  ProjectFixture fixture;
  auto ann = fixture.open("ann"), bob = fixture.open("bob");
  auto one = ann.models().add({.id = "m-1", .name = "one"}, fill).id;
  auto two = ann.models().add({.id = "m-2", .name = "two"}, fill).id;
  REQUIRE(!ann.models().alias("champion"));
  ann.models().set_alias("champion", one, std::optional<std::string>());
  REQUIRE(message_of<Busy>([&] { bob.models().set_alias("champion", two, std::optional<std::string>()); }) ==
          "alias 'champion' points at m-1, expected nothing");
  REQUIRE(message_of<Busy>([&] { bob.models().set_alias("champion", two, std::optional(two)); }) ==
          "alias 'champion' points at m-1, expected m-2");
  bob.models().set_alias("champion", two, std::optional(one));
  bob.models().set_alias("champion", two);  // there already: no entry
  REQUIRE(ann.models().get("champion").id == two);
  REQUIRE(ann.models().get(two).aliases == std::vector<std::string>{"champion"});
  REQUIRE(message_of<UsageError>([&] { ann.models().remove("two"); }) == "model m-2 is champion");
  ann.models().remove_alias("champion");
  auto history = ann.models().alias_history("champion");
  REQUIRE(history.size() == 3);
  REQUIRE(history[1].user == "bob");
  REQUIRE(history[1].time == "2026-11-22T09:30:05.000Z");
  REQUIRE(history[1].from == "m-1");
  REQUIRE(history[1].to == "m-2");
  REQUIRE(history[2].to == "");
  ann.models().remove("two");
  REQUIRE(!fs::exists(fixture.folder() / "models" / two));
  REQUIRE(message_of<UsageError>([&] { ann.models().get("two"); }) == "unknown model 'two'; known: m-1, one");
  REQUIRE(message_of<UsageError>([&] { ann.models().set_alias("x", "m-9"); }) ==
          "there is no model with the id 'm-9'");
  REQUIRE(message_of<UsageError>([&] { ann.models().set_alias("one", one); }) ==
          "'one' is the name of a model; choose another alias");
  REQUIRE(message_of<UsageError>([&] { ann.models().set_alias("A b", one); }) ==
          "'A b' cannot be an alias; use a-z, 0-9, '-', '_' and '.'");
  REQUIRE(problems_of(ann) == "");
  unsetenv("DS_FAKE_NOW");
}
