#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "shared/pictures/named_pictures.h"
#include "shared/reading.h"
#include "shared/tables/csv_table.h"

/// Tables with one box a row, as plain CSV and VoTT have them.
namespace ds::detail {

/// What the headers say; numbers never do.
struct BoxLayout {
  enum Kind { corners, corner_and_size, center_and_size };
  Kind kind = corners;
  bool shares = false;  // of the image's sides, which headers ending in _norm or _rel say
  std::size_t file = 0;
  std::size_t class_name = 0;
  std::array<std::size_t, 4> numbers{};
  std::optional<std::size_t> width;  // of the image
  std::optional<std::size_t> height;
  std::optional<std::size_t> split;
  std::vector<std::pair<std::string, std::size_t>> others;
  char separator = ',';
  bool headless = false;
  std::string evidence;  // "columns filename, xmin, ymin, xmax, ymax, class"
};

/// By the first lines of a file: separated by commas, semicolons or tabs. Without a header: six cells a row,
/// a path, four whole numbers or none, a class or none (as keras-retinanet has them).
std::optional<BoxLayout> box_layout(std::string_view head);

/// Reads every row of the file. Rows without class and numbers are negatives.
void read_box_table(Reading& reading, NamedPictures& pictures, const std::filesystem::path& file,
                    const BoxLayout& layout);

}  // namespace ds::detail
