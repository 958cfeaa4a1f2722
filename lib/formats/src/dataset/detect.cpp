#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/formats/annotation_format.h"
#include "shared/source_peek.h"

namespace ds {

namespace {

bool yields(const std::string& format, const std::string& other, const detail::SourcePeek& source) {
  const auto& yields_to = annotation_formats().at(format).value.yields_to;
  return yields_to && yields_to(other, source);
}

}  // namespace

std::optional<DetectedFormat> detect_format(const std::filesystem::path& path,
                                            const std::string& format_flag) {
  if (!std::filesystem::exists(path)) throw_io_error("read", path, ENOENT);
  std::vector<DetectedFormat> found;
  detail::SourcePeek source(path);
  for (const auto& entry : annotation_formats().entries()) {
    // Not even looked for: a detector may open many files.
    bool pointless = std::any_of(found.begin(), found.end(), [&](const DetectedFormat& other) {
      return yields(entry.name, other.name, source);
    });
    if (pointless) continue;
    auto evidence = entry.value.detect(source);
    if (!evidence) continue;
    std::erase_if(found, [&](const DetectedFormat& other) { return yields(other.name, entry.name, source); });
    found.push_back({entry.name, *evidence});
  }
  if (found.empty()) return std::nullopt;
  if (found.size() > 1) {
    std::vector<std::string> texts;
    for (const auto& one : found) texts.push_back(fmt::format("{} ({})", one.name, one.evidence));
    throw UsageError(fmt::format("{} looks like several formats: {}", path.string(), join(texts, "; ")),
                     "choose one with " + format_flag);
  }
  return found.front();
}

}  // namespace ds
