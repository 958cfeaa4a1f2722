#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace ds {

namespace detail {
class Database;
}

/// A captured request that has become (or is to become) an image of the project.
struct CaptureRecord {
  std::string sha256;
  std::string deployment;
  std::string model_id;
  std::int64_t generation = 0;
  std::string lane;        // "uniform" or "interest"
  double probability = 1;  // with which the uniform lane took it
  std::string reason;      // of the interest lane: "low-margin", "rare-class"
  bool holdout = false;    // fixed at capture by a keyed hash of the group: never trains
  std::string captured_at;
  std::string detections;     // JSON: what the model said
  std::int64_t image_id = 0;  // 0: not collected yet
};

/// The sidecar file beside a captured image (captures/ab/<sha256>.jpg and .json): one JSON object with these
/// fields. A server writes it without the index; `ds-retrain collect` reads it into the index.
std::string capture_to_json(const CaptureRecord& capture);
/// Throws FormatError naming `file`.
CaptureRecord capture_from_json(const std::string& text, const std::filesystem::path& file);

class CaptureStore {
 public:
  explicit CaptureStore(detail::Database& database) : database_(database) {}
  /// True when it is new; a capture with this sha256 and deployment is kept as it was.
  bool add(const CaptureRecord& capture);
  void set_image(const std::string& sha256, const std::string& deployment, std::int64_t image_id);
  /// Oldest first; of one deployment when given; `collected` chooses those with or without an image.
  std::vector<CaptureRecord> list(const std::string& deployment = {},
                                  std::optional<bool> collected = std::nullopt) const;
  /// Forgets every capture of these bytes; returns how many.
  std::size_t forget(const std::string& sha256);

 private:
  detail::Database& database_;
};

}  // namespace ds
