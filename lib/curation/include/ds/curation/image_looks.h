#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "ds/base/progress.h"
#include "ds/dataset/image.h"
#include "ds/project/project.h"

namespace ds {

/// What a picture looks like, in 20 bytes.
struct ImageLook {
  std::uint64_t perceptual = 0;        // perceptual_hash of the upright picture
  std::uint64_t difference = 0;        // difference_hash
  std::array<std::uint8_t, 3> mean{};  // blue, green, red
  bool operator==(const ImageLook&) const = default;
};

/// The distance at which pictures count as alike unless somebody says otherwise: few enough bits that other
/// scenes stay apart, enough for another compression or a moment later.
inline constexpr int kLookAlikeDistance = 4;

/// True when two pictures look alike: perceptual hashes differ in at most `distance` bits, difference hashes
/// in at most twice that (they are coarser and shake more), and the mean colours in at most 32 of 255 levels
/// (a picture without contrast has a hash of nothing but noise, and only its colour tells it from others).
bool look_alike(const ImageLook& a, const ImageLook& b, int distance);

/// The look of a picture that is in no project yet, as ImageLooks would find it. Throws DataError naming `name`
/// when the bytes are no picture.
/// @param width,height upright, in pixels
ImageLook look_of(std::string_view bytes, const std::string& name, int width, int height);

/// Remembers looks and pixel hashes by SHA-256 of the bytes, which never change: PROJECT/cache/looks.tsv. It
/// may be deleted at any time. A file of another version or a damaged line counts as absent.
class LookCache {
 public:
  /// An empty path: nothing is kept.
  explicit LookCache(std::filesystem::path file);
  std::optional<ImageLook> look(const std::string& sha256) const;
  std::optional<std::string> pixels(const std::string& sha256) const;
  void put(const std::string& sha256, const ImageLook& look);
  void put_pixels(const std::string& sha256, const std::string& hash);
  /// Writes what is new, together with what others have written meanwhile. False when it cannot be written
  /// (a project that may only be read, a full disk): the next run computes it again.
  bool save();
  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    std::optional<ImageLook> look;
    std::string pixels;
  };
  void read();
  std::filesystem::path file_;
  std::unordered_map<std::string, Entry> entries_;
  bool changed_ = false;
};

/// The looks of images, computed on several threads for those that the cache does not know. JPEGs are decoded
/// at a fraction of their size.
class ImageLooks {
 public:
  /// Where the bytes of an image are.
  using FileOf = std::function<std::filesystem::path(const Image&)>;

  /// `threads` 0: as many as the machine has.
  ImageLooks(Project& project, int threads);
  /// Of images that are in no project; nothing is remembered. They need their sha256.
  ImageLooks(FileOf file_of, int threads);
  /// One look an image, in order; nothing where the picture cannot be decoded (`unreadable` says why).
  std::vector<std::optional<ImageLook>> of(const std::vector<Image>& images, Progress& progress);
  /// SHA-256 of the size and the decoded upright pixels: the same for a PNG and a BMP of one picture, and for
  /// a turned file with its EXIF mark and one that was turned for good without loss. Nothing when unreadable.
  std::vector<std::optional<std::string>> pixels_of(const std::vector<Image>& images, Progress& progress);
  /// The look of a picture that was found elsewhere (look_of), on the disk with the next `save`.
  void remember(const std::string& sha256, const ImageLook& look) { cache_.put(sha256, look); }
  void save() { cache_.save(); }
  /// Name and reason.
  const std::map<std::string, std::string>& unreadable() const { return unreadable_; }

 private:
  template <typename Result, typename Known, typename Compute, typename Keep>
  std::vector<std::optional<Result>> compute(const std::vector<Image>& images, Progress& progress,
                                             const char* title, const Known& known, const Compute& work,
                                             const Keep& keep);
  ImageLooks(FileOf file_of, std::filesystem::path cache, int threads);
  FileOf file_of_;
  int threads_;
  LookCache cache_;
  std::map<std::string, std::string> unreadable_;
};

}  // namespace ds
