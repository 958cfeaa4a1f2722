#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "ds/base/files.h"
#include "ds/tfrecord/records.h"

namespace ds::detail {

/// A file of records. One that is packed as a whole lies unpacked in a scratch folder as long as this or a copy
/// of it lives: records are found again by their place in it.
class RecordFile {
 public:
  /// Throws DataError when a packed file is damaged.
  explicit RecordFile(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  /// As for_each_tf_record; errors name the file, not the copy.
  void for_each(const std::function<void(TfRecord&)>& take) const;
  /// The data of the record that begins at `offset` of the unpacked file.
  std::string at(std::uint64_t offset) const;

 private:
  std::filesystem::path plain() const { return scratch_ ? scratch_->path() / "records" : path_; }

  std::filesystem::path path_;
  std::shared_ptr<TemporaryFolder> scratch_;
};

}  // namespace ds::detail
