#include "ds/cocofile/label_hierarchy.h"

#include "ds/base/error.h"
#include "ds/base/files.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

const char* const kHierarchy =
    R"({"LabelName":"entity","Subcategory":[{"LabelName":"animal","Subcategory":[{"LabelName":"dog"},
        {"LabelName":"newt","Part":[{"LabelName":"dog"}]}]}]})";

struct HierarchyFile {
  TemporaryFolder folder;
  LabelHierarchy read(const std::string& text) const {
    write_file_atomically(folder.path() / "h.json", text);
    return read_label_hierarchy(folder.path() / "h.json");
  }
  std::string error(const std::string& text) const {
    try {
      read(text);
    } catch (const FormatError& e) {
      return std::string(e.what()).substr(folder.path().string().size() + 1);
    }
    return "no error";
  }
};

}  // namespace

TEST_CASE("a hierarchy gives the names above each name") {
  const auto hierarchy = HierarchyFile().read(kHierarchy);
  REQUIRE(hierarchy == LabelHierarchy{{"animal", {}}, {"dog", {"animal"}}, {"newt", {"animal"}}});
}

TEST_CASE("a broken hierarchy says where") {
  const HierarchyFile file;
  REQUIRE(file.error("[]") == "h.json: expected an object with a 'LabelName'");
  REQUIRE(file.error(R"({"LabelName":"a","Subcategory":[{"Name":"b"}]})") ==
          "h.json: /Subcategory/0: expected an object with a 'LabelName'");
  REQUIRE(file.error(R"({"LabelName":"a","Subcategory":3})") == "h.json: /Subcategory: expected a list");
  REQUIRE(file.error("{") == "h.json: offset 2: broken JSON");
}
