#include "keras_txt/row.h"

#include <algorithm>

#include "ds/base/text.h"
#include "ds/media/image_header.h"

namespace ds::detail {

namespace {

constexpr const char* kSeparators = " \t";

bool is_whole_box(const std::string& text) {
  auto numbers = split(text, ',');
  return numbers.size() == 5 && std::all_of(numbers.begin(), numbers.end(),
                                            [](const std::string& each) { return parse_double(each); });
}

// A list's rows end in a line feed, of a head the last one perhaps in its middle.
KerasRow first_row(std::string head) {
  if (head.starts_with("\xEF\xBB\xBF")) head.erase(0, 3);
  for (const auto& line : split(head, '\n'))
    if (auto text = std::string(trim(line)); !text.empty()) return keras_row(text);
  return {};
}

}  // namespace

KerasRow keras_row(const std::string& line) {
  for (std::size_t end = 0; end != std::string::npos;) {
    end = line.find_first_of(kSeparators, end);
    auto boxes = end == std::string::npos ? std::vector<std::string>() : split_words(line.substr(end));
    auto name = line.substr(0, end);
    bool boxes_follow = boxes.empty() || boxes[0].find(',') != std::string::npos;
    if (boxes_follow && has_image_suffix(name)) return {name, boxes};
    if (end != std::string::npos) end = line.find_first_not_of(kSeparators, end);
  }
  auto words = split_words(line);
  if (words.empty()) return {};
  return {words[0], {words.begin() + 1, words.end()}};
}

bool begins_with_keras_row(const std::string& head) {
  auto row = first_row(head);
  return has_image_suffix(row.picture) && !row.boxes.empty() && is_whole_box(row.boxes[0]);
}

bool begins_with_picture(const std::string& head) {
  return has_image_suffix(first_row(head).picture);
}

}  // namespace ds::detail
