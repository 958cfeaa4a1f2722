#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ds/train/augment.h"

namespace ds {

/// One labelled file of the training set.
struct TrainImage {
  std::int64_t id = 0;
  std::string name;
  std::filesystem::path file;
  int width = 0;  // displayed, EXIF orientation applied
  int height = 0;
  std::vector<TrainObject> objects;
};

/// Decodes pictures once and keeps them while they fit into the limit; later ones are decoded at every use.
/// What a picture looks like never depends on whether it was kept. Safe to use from many threads.
class PictureCache {
 public:
  /// @param input_side longer side of the network's input: much larger JPEG files are decoded at a half, a
  /// quarter
  ///        or an eighth, never below 1.5 times this
  /// @param limit_bytes of decoded pixels kept in memory
  PictureCache(std::vector<TrainImage> images, int input_side, std::uint64_t limit_bytes);

  std::size_t size() const { return images_.size(); }
  const TrainImage& image(std::size_t index) const { return images_[index]; }
  const std::vector<TrainImage>& images() const { return images_; }
  /// Throws DataError naming the image when its file is missing or broken.
  std::shared_ptr<const Picture> get(std::size_t index);
  std::uint64_t bytes_kept() const;

 private:
  std::shared_ptr<const Picture> decode(std::size_t index) const;
  std::vector<TrainImage> images_;
  int input_side_;
  std::uint64_t limit_bytes_;
  mutable std::mutex mutex_;
  std::vector<std::shared_ptr<const Picture>> kept_;
  std::uint64_t bytes_kept_ = 0;
};

}  // namespace ds
