#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ds/dataset/annotation.h"

namespace ds {

/// unlabelled -> working -> (review) -> done; queued waits for auto-label; rejected keeps its labels.
/// *Done with no objects* is a negative and differs from *unlabelled*.
enum class ImageState { unlabelled, queued, working, review, done, rejected };
std::string to_string(ImageState state);
ImageState image_state_from_string(const std::string& text);
std::vector<std::string> image_state_names();

enum class Split { none, train, val, test };
std::string to_string(Split split);
Split split_from_string(const std::string& text);
std::vector<std::string> split_names();

/// What is said about an image as a whole: a class is on it somewhere, or it was looked for and is not there
/// (a verified negative). No box needs to exist for it.
struct ImageTag {
  int class_idx = 0;  // into the ClassList the image stands beside
  bool present = true;
  bool operator==(const ImageTag&) const = default;
};

/// One picture and what is known about it. Sizes are the displayed ones (EXIF orientation applied).
struct Image {
  std::int64_t id = 0;  // 0 until a project has stored it
  std::string name;     // unique in a project: path inside its source, '/'-separated
  int width = 0;
  int height = 0;
  int raw_width = 0;  // as stored in the file, before EXIF orientation
  int raw_height = 0;
  int orientation = 1;      // EXIF 1..8
  std::string sha256 = {};  // of the file's bytes
  std::string group = {};   // images of one group never straddle splits (video, burst, user pattern)
  std::string origin = {};  // where it came from: path, archive member, video, capture
  std::optional<double> time_s = std::nullopt;  // inside its video
  Split split = Split::none;
  ImageState state = ImageState::unlabelled;
  std::string assignee = {};
  std::int64_t revision = 0;  // grows with every edit; compare-and-set
  std::vector<Annotation> annotations = {};
  std::vector<ImageTag> tags = {};                     // each class at most once
  std::map<std::string, std::string> attributes = {};  // of the image, as a source gave them
  bool operator==(const Image&) const = default;
};

}  // namespace ds
