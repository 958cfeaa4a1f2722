#include "shared/pictures/parallel_headers.h"

#include "ds/base/error.h"
#include "ds/base/parallel.h"

namespace ds::detail {

void ParallelHeaders::prepare(const std::vector<std::filesystem::path>& files) {
  std::vector<std::optional<ImageHeader>> headers(files.size());
  parallel_for(files.size(), threads_, [&](std::size_t i) {
    try {
      headers[i] = read_image_header(files[i]);
    } catch (const Error&) {
      // Told when the reader asks for it.
    }
  });
  known_.reserve(known_.size() + files.size());
  for (std::size_t i = 0; i < files.size(); ++i)
    if (headers[i]) known_.emplace(files[i].string(), *headers[i]);
}

ImageHeader ParallelHeaders::header_of(const std::filesystem::path& file) {
  auto known = known_.find(file.native());
  return known != known_.end() ? known->second : read_image_header(file);
}

}  // namespace ds::detail
