#include "file_facts.h"

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/base/parallel.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

FileFacts facts_of(const fs::path& file, const std::string& shown) {
  auto bytes = read_file(file);
  auto header = read_image_header(bytes, shown);
  require_whole_image(bytes, header, shown);
  return {header, sha256_hex(bytes)};
}

}  // namespace

std::optional<FileFacts> FileFactsSource::read(const fs::path& file) const {
  auto stamp = FileStamp::of(file);
  if (stamp)
    if (auto known = log_.find(file.native(), *stamp)) return known;
  try {
    auto facts = facts_of(file, file.native());
    if (stamp && stamp == FileStamp::of(file)) log_.add(file.native(), *stamp, facts);
    return facts;
  } catch (const Error&) {
    return std::nullopt;  // said when the file is asked for
  }
}

void FileFactsSource::prepare(const std::vector<fs::path>& files) {
  std::vector<const fs::path*> fresh;
  for (const auto& file : files)
    if (!known_.contains(file.native())) fresh.push_back(&file);
  if (fresh.empty()) return;
  std::vector<std::optional<FileFacts>> facts(fresh.size());
  progress_.begin("read", static_cast<std::int64_t>(fresh.size()));
  parallel_for(fresh.size(), threads_, [&](std::size_t i) {
    facts[i] = read(*fresh[i]);
    progress_.advance();
  });
  progress_.end();
  log_.flush();
  known_.reserve(known_.size() + fresh.size());
  for (std::size_t i = 0; i < fresh.size(); ++i)
    if (facts[i]) known_.emplace(fresh[i]->native(), std::move(*facts[i]));
}

ImageHeader FileFactsSource::header_of(const fs::path& file) {
  auto known = known_.find(file.native());
  return known != known_.end() ? known->second.header : read_image_header(file);
}

FileFacts FileFactsSource::take(const fs::path& file, const std::string& shown) {
  auto known = known_.find(file.native());
  if (known == known_.end()) return facts_of(file, shown);
  auto facts = std::move(known->second);
  known_.erase(known);
  return facts;
}

}  // namespace ds::detail
