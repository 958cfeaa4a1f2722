#include "ds/dataset/image.h"

#include "ds/base/error.h"

namespace ds {
namespace {
constexpr const char* kStates[] = {"unlabelled", "queued", "working", "review", "done", "rejected"};
constexpr const char* kSplits[] = {"none", "train", "val", "test"};
}  // namespace

std::string to_string(ImageState state) {
  return kStates[static_cast<int>(state)];
}
std::vector<std::string> image_state_names() {
  return {std::begin(kStates), std::end(kStates)};
}

ImageState image_state_from_string(const std::string& text) {
  for (int i = 0; i < 6; ++i)
    if (text == kStates[i]) return static_cast<ImageState>(i);
  throw_unknown_name("image state", text, image_state_names());
}

std::string to_string(Split split) {
  return kSplits[static_cast<int>(split)];
}
std::vector<std::string> split_names() {
  return {std::begin(kSplits), std::end(kSplits)};
}

Split split_from_string(const std::string& text) {
  for (int i = 0; i < 4; ++i)
    if (text == kSplits[i]) return static_cast<Split>(i);
  throw_unknown_name("split", text, split_names());
}

}  // namespace ds
