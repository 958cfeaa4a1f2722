#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ds/dataset/dataset.h"
#include "ds/project/filter.h"

namespace ds {

namespace detail {
class Database;
}
class ImageStore;
class MediaStore;
struct DatasetDiff;
struct ImageDiff;
struct RestoreOptions;
struct RestoreReport;

struct SnapshotRecord {
  std::string id;  // "s-" + the first 12 hex digits of the SHA-256 of its manifest
  std::string name;
  std::string created_at;
  std::string created_by;
  std::string where;  // the filter it was made with
  std::size_t images = 0, annotations = 0, classes = 0;
  std::size_t train = 0, val = 0, test = 0;
  std::filesystem::path folder;
};

struct SnapshotOptions {
  std::string name = {};
  Filter where = {};
  /// Which states count as truth. Images in other states stay out; proposals never go in.
  std::vector<ImageState> states = {ImageState::done};
};

/// Immutable dataset versions: snapshots/<id>/manifest.jsonl (one line an image, sorted by name; canonical
/// JSON, so the same content has the same id, byte for byte) and snapshot.json. Splits are in the manifest;
/// groups never straddle splits.
class SnapshotStore {
 public:
  SnapshotStore(detail::Database& database, std::filesystem::path folder)
      : database_(database), folder_(std::move(folder)) {}
  /// Gives images without a split one first (ImageStore::assign_splits). The same content gives the same
  /// snapshot (it is returned, not made again, and keeps its name if it has one). Throws DataError when it
  /// would be empty, or when a group straddles splits, naming the group and both images.
  SnapshotRecord create(const SnapshotOptions& options);
  std::vector<SnapshotRecord> list() const;
  /// By id, unique id prefix, name, or "latest". Throws UsageError naming the known ones.
  SnapshotRecord get(const std::string& id_or_name) const;
  /// Its classes and images with annotations; `split` chooses one. Image ids are the project's; an image that
  /// has left the project since gets a negative one, unique in the snapshot. Annotation ids are 0.
  Dataset load(const std::string& id, std::optional<Split> split = std::nullopt) const;
  /// Hash of what evaluation depends on: classes in order, image hashes, annotations of the split.
  std::string fingerprint(const std::string& id, Split split) const;

  /// What changed from one version to another (ds/project/snapshot_diff.h); either may be "now". `visit` gets
  /// each image that differs, by name. Both are read side by side, so that memory stays small.
  /// "now" is what `create` would freeze with the other side's filter, and in any state the images that the
  /// other side has. Throws as `get`, DataError for a damaged manifest.
  DatasetDiff diff(const std::string& before, const std::string& after,
                   const std::function<void(const ImageDiff&)>& visit = {}) const;
  /// Makes the project's labels, states, splits and classes those of the snapshot again
  /// (ds/project/snapshot_restore.h); all or nothing, one journal entry an image.
  RestoreReport restore(const std::string& id, const RestoreOptions& options);

 private:
  detail::Database& database_;
  std::filesystem::path folder_;
};

}  // namespace ds
