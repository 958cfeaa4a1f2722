// Formats of labelling tools are recognised where they are, and nowhere else.
#include <map>

#include "ds/formats/annotation_format.h"
#include "ds/testing/shared_data.h"
#include "shared/source_peek.h"

#include <catch2/catch.hpp>

using namespace ds;
namespace fs = std::filesystem;

TEST_CASE("detectors of labelling tools do not fire on other formats' datasets") {
  const std::string assets = "data/formats/datumaro/tests/assets";
  if (ds::testing::shared_is_absent(assets)) return;
  // The only folders that hold them.
  const std::map<std::string, std::vector<std::string>> homes = {{"datumaro", {"datumaro_dataset", "compat"}},
                                                                 {"label-studio", {}},
                                                                 {"labelme", {"labelme_dataset"}},
                                                                 {"via", {}}};
  auto root = ds::testing::shared_folder() / assets;
  std::vector<fs::path> folders;
  for (auto it = fs::recursive_directory_iterator(root); it != fs::recursive_directory_iterator(); ++it) {
    if (it.depth() >= 2) it.disable_recursion_pending();
    if (it->is_directory()) folders.push_back(it->path());
  }
  REQUIRE(folders.size() > 50);
  std::map<std::string, std::size_t> found;
  for (const auto& folder : folders) {
    CAPTURE(folder.string());
    detail::SourcePeek source(folder);
    for (const auto& entry : annotation_formats().entries()) {
      auto home = homes.find(entry.name);
      if (home == homes.end()) continue;
      auto evidence = entry.value.detect(source);
      if (!evidence) continue;
      CAPTURE(entry.name, *evidence);
      auto top = folder.lexically_relative(root).begin()->string();
      REQUIRE(std::find(home->second.begin(), home->second.end(), top) != home->second.end());
      ++found[entry.name];
      auto only = detect_format(folder);
      REQUIRE(only->name == entry.name);
    }
  }
  REQUIRE(found["labelme"] > 0);
}
