#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ds/dataset/image.h"

namespace ds {

class Project;

/// Two hashes of what a picture looks like (ds/media/perceptual_hash.h).
struct Look {
  std::uint64_t difference = 0;
  std::uint64_t perceptual = 0;
};
/// Throws DataError when the bytes are no whole picture.
Look look_of(std::string_view bytes, const std::string& name);
/// Both hashes differ in at most this many bits: the same scene, compressed, scaled or a moment later.
inline constexpr int kLookalikeBits = 3;
bool look_alike(const Look& a, const Look& b);

/// Finds the image that a new one is a near-duplicate of, among the project's test images and everything ever
/// captured. Looks are kept in a cache file (JSON Lines), so each picture is decoded once.
class Lookalikes {
 public:
  Lookalikes(Project& project, std::filesystem::path cache_file);
  /// Null when there is none; else the nearest. The pointer holds until the next `add`.
  const Image* find(const Look& look) const;
  void add(const Image& image, const Look& look);

 private:
  struct Known {
    Image image;
    Look look;
  };
  void load_cache();
  Look cached_look(Project& project, const Image& image);
  void remember(const std::string& sha256, const Look& look);
  std::filesystem::path cache_file_;
  std::map<std::string, Look> cache_;  // by sha256
  std::vector<Known> known_;
};

}  // namespace ds
