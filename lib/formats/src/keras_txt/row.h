#pragma once

#include <string>
#include <vector>

namespace ds::detail {

/// One line: a picture, and its boxes as they are written (`x1,y1,x2,y2,class`).
struct KerasRow {
  std::string picture;
  std::vector<std::string> boxes;
};

/// The name may have blanks in it: it ends where a picture's name may end and a box or nothing follows, else
/// at the first blank. Both are empty for a blank line.
KerasRow keras_row(const std::string& line);

/// Whether the first line of a file that is not blank is such a row, with one whole box at least.
bool begins_with_keras_row(const std::string& head);
/// As above; without any box, too.
bool begins_with_picture(const std::string& head);

}  // namespace ds::detail
