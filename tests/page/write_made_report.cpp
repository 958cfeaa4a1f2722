#include <filesystem>
#include <iostream>

#include "ds/base/files.h"
#include "ds/report/comparison_page.h"
#include "made_report.h"

/// Writes pages of made-up comparisons into a folder: a usual one, a large one, one with little in it.
int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "usage: write_made_report FOLDER\n";
    return 2;
  }
  const std::filesystem::path folder = arguments[1];
  using ds::testing::made_report;
  const auto usual = made_report({.models = 4, .classes = 5, .name_suffix = " <b>&\"'"});
  ds::write_file_atomically(folder / "comparison.html", comparison_page(usual));
  ds::write_file_atomically(folder / "model.html", model_page(usual, 1));
  ds::write_file_atomically(
      folder / "large.html",
      comparison_page(made_report({.models = 20, .classes = 80, .images = 300, .pictures = 2})));
  ds::write_file_atomically(
      folder / "little.html",
      comparison_page(
          made_report({.models = 2, .classes = 1, .pictures = 0, .measured = false, .intervals = false})));
  return 0;
}
