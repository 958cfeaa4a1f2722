#include "tfrecord/record_file.h"

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/inflate.h"
#include "shared/source_peek.h"
#include "shared/text/json_file.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

// As for archives: what packs better than this was made to fill a disk.
constexpr std::uint64_t kMostRatio = 200;
constexpr std::uint64_t kAlwaysTaken = std::uint64_t{64} << 20;

}  // namespace

RecordFile::RecordFile(fs::path path) : path_(std::move(path)) {
  auto head = SourcePeek(path_).head(path_);
  if (begins_tf_record(head) || !begins_packed_tf_record(head)) return;
  scratch_ = std::make_shared<TemporaryFolder>();
  inflate_file(path_, plain(), std::max<std::uint64_t>(kAlwaysTaken, kMostRatio * fs::file_size(path_)));
}

void RecordFile::for_each(const std::function<void(TfRecord&)>& take) const {
  try {
    for_each_tf_record(plain(), take);
  } catch (const FormatError& error) {
    auto place = error.location();
    place.path = path_;
    throw FormatError(place, message_without_place(error), error.advice());
  }
}

std::string RecordFile::at(std::uint64_t offset) const {
  return read_tf_record(plain(), offset);
}

}  // namespace ds::detail
