#include "ds/project/find_model.h"

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/project/project.h"

#include <catch2/catch.hpp>

using namespace ds;
namespace fs = std::filesystem;

TEST_CASE("a model is found by id, name, alias or path") {
  TemporaryFolder folder;
  Project::init(folder.path() / "p", {}, {"cat"});
  Project project(folder.path() / "p", {});
  const auto added = project.models().add({.id = "m-1a2b", .name = "tabby"}, [](const fs::path& to) {
    write_file_atomically(to / "model.yaml", "");
  });
  project.models().set_alias("champion", added.id);
  for (const char* text : {"m-1a2b", "m-1a", "tabby", "champion"}) {
    const auto found = find_model(&project, text);
    REQUIRE(found.id == added.id);
    REQUIRE(found.path == added.folder);
    REQUIRE(found.record->name == "tabby");
  }
  const auto file = (folder.path() / "w.pth").string();
  write_file_atomically(file, "");
  for (auto* registry : {&project, static_cast<Project*>(nullptr)}) {
    const auto found = find_model(registry, file);
    REQUIRE(found.id == file);
    REQUIRE(found.path == file);
    REQUIRE_FALSE(found.record);
  }
  REQUIRE_THROWS_WITH(find_model(&project, "tabbi"), Catch::Contains("tabby"));
  REQUIRE_THROWS_WITH(
      find_model(nullptr, "tabby"),
      "no model 'tabby': there is no such file or folder, and no project here to look it up in");
}
