#include "ds/train/train_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <opencv2/core.hpp>

#include "data/picture_files.h"
#include "ds/media/image_header.h"
#include "ds/media/image_io.h"

namespace ds {
namespace {

std::uint64_t bytes_of(const Picture& picture) {
  std::uint64_t bytes = 0;
  for (const auto& level : picture.levels) bytes += level.pixels->total() * level.pixels->elemSize();
  return bytes;
}

int reduction_for(const TrainImage& image, int largest_side) {
  int longer = std::max(image.width, image.height);
  int reduction = 1;
  while (reduction < 8 && longer / (reduction * 2) >= largest_side) reduction *= 2;
  return reduction;
}

}  // namespace

DrawnSides drawn_sides(const TrainOptions& options, const InputSize& input) {
  const auto& augment = options.augment;
  double low = augment.scale_min;
  double high = augment.scale_max;
  if (augment.mosaic > 0) {
    low = std::min(low, augment.mosaic_scale_min);
    high = std::max(high, augment.mosaic_scale_max);
  }
  low = std::min(low * options.multi_scale_min, options.closing_scale_min);
  high = std::max(high * options.multi_scale_max, options.closing_scale_max);
  const double longer = std::max(input.width, input.height);
  return {std::max(1, static_cast<int>(std::floor(longer * low))),
          static_cast<int>(std::ceil(longer * high))};
}

PictureCache::PictureCache(std::vector<TrainImage> images, DrawnSides sides, PictureCacheOptions options)
    : images_(std::move(images)),
      sides_(sides),
      limit_bytes_(options.folder.empty() ? options.limit_bytes : 0),
      kept_(images_.size()) {
  if (!options.folder.empty() && options.limit_bytes > 0)
    files_ = std::make_unique<detail::PictureFiles>(options.folder, options.limit_bytes);
}

PictureCache::~PictureCache() = default;

std::shared_ptr<const Picture> PictureCache::decode(std::size_t index) {
  const auto& image = images_[index];
  {
    std::lock_guard lock(mutex_);
    ++decoded_;
  }
  DecodeOptions options;
  options.reduction = reduction_for(image, sides_.largest);
  cv::Mat pixels = decode_image_file(image.file, options);
  std::optional<PixelGrid> grid;
  if (options.reduction > 1) {
    auto header = read_image_header(image.file);
    if (header.format == ImageFormat::jpeg)
      grid = reduced_jpeg_grid(image.width, image.height, options.reduction, header.orientation);
  }
  return make_picture(pixels, image.width, image.height, image.objects, sides_.smallest, grid);
}

std::shared_ptr<const Picture> PictureCache::make(std::size_t index) {
  const auto& image = images_[index];
  if (!files_ || image.sha256.empty()) return decode(index);
  auto name = fmt::format("{}-{}-{}", image.sha256, reduction_for(image, sides_.largest), sides_.smallest);
  if (auto levels = files_->load(name); !levels.empty()) {
    auto picture = std::make_shared<Picture>();
    picture->width = image.width;
    picture->height = image.height;
    picture->objects = image.objects;
    picture->levels = std::move(levels);
    return picture;
  }
  auto picture = decode(index);
  files_->store(name, picture->levels);
  return picture;
}

std::shared_ptr<const Picture> PictureCache::get(std::size_t index) {
  {
    std::lock_guard lock(mutex_);
    if (auto& kept = kept_[index]; kept.picture) {
      order_.splice(order_.begin(), order_, kept.place);
      return kept.picture;
    }
  }
  auto picture = make(index);
  keep(index, picture);
  return picture;
}

void PictureCache::keep(std::size_t index, const std::shared_ptr<const Picture>& picture) {
  const auto bytes = bytes_of(*picture);
  std::lock_guard lock(mutex_);
  auto& kept = kept_[index];
  if (kept.picture || bytes > limit_bytes_) return;
  while (bytes_kept_ + bytes > limit_bytes_) {
    auto& oldest = kept_[order_.back()];
    bytes_kept_ -= oldest.bytes;
    oldest.picture.reset();
    order_.pop_back();
  }
  order_.push_front(index);
  kept = {picture, bytes, order_.begin()};
  bytes_kept_ += bytes;
}

std::uint64_t PictureCache::bytes_kept() const {
  if (files_) return files_->bytes();
  std::lock_guard lock(mutex_);
  return bytes_kept_;
}

std::uint64_t PictureCache::pictures_decoded() const {
  std::lock_guard lock(mutex_);
  return decoded_;
}

}  // namespace ds
