#pragma once

#include <cstdint>
#include <filesystem>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ds/runs/train_options.h"
#include "ds/train/augment.h"

namespace ds {

namespace detail {
class PictureFiles;
}

/// One labelled file of the training set.
struct TrainImage {
  std::int64_t id = 0;
  std::string name;
  std::filesystem::path file;
  int width = 0;  // displayed, EXIF orientation applied
  int height = 0;
  std::vector<TrainObject> objects;
  std::string sha256 = {};  // of the file's bytes; may be empty: nothing is kept of it on the disk
  std::string group = {};
};

/// How long the longer side of a picture may become in a sample, pixels: from its smallest scale to its
/// largest, over all parts of a run and all sizes of the input.
struct DrawnSides {
  int smallest = 1;
  int largest = 1;
};
DrawnSides drawn_sides(const TrainOptions& options, const InputSize& input);

/// Where decoded pictures are kept, and how much of them. With a folder: on the disk, mapped into memory when
/// they are needed (the system's page cache decides what stays in RAM). Without: in this process, and of more
/// than the limit those that were used last.
struct PictureCacheOptions {
  std::uint64_t limit_bytes = 0;  // of decoded pixels; 0: every picture is decoded at every use
  std::filesystem::path folder = {};
};

/// Decodes pictures and keeps them within a limit. What a picture looks like never depends on whether it was
/// kept. Safe to use from many threads.
class PictureCache {
 public:
  /// @param sides JPEG files much larger than the largest are decoded at a half, a quarter or an eighth,
  /// never
  ///        below it; halved copies are made down to the smallest
  PictureCache(std::vector<TrainImage> images, DrawnSides sides, PictureCacheOptions options);
  ~PictureCache();

  std::size_t size() const { return images_.size(); }
  const TrainImage& image(std::size_t index) const { return images_[index]; }
  const std::vector<TrainImage>& images() const { return images_; }
  /// Throws DataError naming the image when its file is missing or broken.
  std::shared_ptr<const Picture> get(std::size_t index);
  /// In this process, or on the disk.
  std::uint64_t bytes_kept() const;
  std::uint64_t pictures_decoded() const;

 private:
  struct Kept {
    std::shared_ptr<const Picture> picture;
    std::uint64_t bytes = 0;
    std::list<std::size_t>::iterator place = {};  // in order_
  };
  std::shared_ptr<const Picture> make(std::size_t index);
  std::shared_ptr<const Picture> decode(std::size_t index);
  void keep(std::size_t index, const std::shared_ptr<const Picture>& picture);

  std::vector<TrainImage> images_;
  DrawnSides sides_;
  std::uint64_t limit_bytes_;
  std::unique_ptr<detail::PictureFiles> files_;
  mutable std::mutex mutex_;
  std::vector<Kept> kept_;
  std::list<std::size_t> order_;  // of what is kept; last used first
  std::uint64_t bytes_kept_ = 0;
  std::uint64_t decoded_ = 0;
};

}  // namespace ds
