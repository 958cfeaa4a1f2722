#include "ds/train/train_set.h"

#include <algorithm>
#include <opencv2/core.hpp>

#include "ds/media/image_io.h"

namespace ds {
namespace {

constexpr double kSpareResolution = 1.5;  // mosaics enlarge up to about this

std::uint64_t bytes_of(const Picture& picture) {
  std::uint64_t bytes = 0;
  for (const auto& level : picture.levels) bytes += level->total() * level->elemSize();
  return bytes;
}

int reduction_for(const TrainImage& image, int input_side) {
  int longer = std::max(image.width, image.height);
  int reduction = 1;
  while (reduction < 8 && longer / (reduction * 2) >= kSpareResolution * input_side) reduction *= 2;
  return reduction;
}

}  // namespace

PictureCache::PictureCache(std::vector<TrainImage> images, int input_side, std::uint64_t limit_bytes)
    : images_(std::move(images)), input_side_(input_side), limit_bytes_(limit_bytes), kept_(images_.size()) {}

std::shared_ptr<const Picture> PictureCache::decode(std::size_t index) const {
  const auto& image = images_[index];
  DecodeOptions options;
  options.reduction = reduction_for(image, input_side_);
  cv::Mat pixels = decode_image_file(image.file, options);
  return make_picture(pixels, image.width, image.height, image.objects, input_side_ / 2);
}

std::shared_ptr<const Picture> PictureCache::get(std::size_t index) {
  {
    std::lock_guard lock(mutex_);
    if (kept_[index]) return kept_[index];
  }
  auto picture = decode(index);
  auto bytes = bytes_of(*picture);
  std::lock_guard lock(mutex_);
  if (!kept_[index] && bytes_kept_ + bytes <= limit_bytes_) {
    kept_[index] = picture;
    bytes_kept_ += bytes;
  }
  return picture;
}

std::uint64_t PictureCache::bytes_kept() const {
  std::lock_guard lock(mutex_);
  return bytes_kept_;
}

}  // namespace ds
