#include <fmt/format.h>

#include <cerrno>

#include "dataset/utf8.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/formats/annotation_format.h"
#include "shared/text/label_text.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

ReadResult read_as(const std::string& format, const fs::path& path, const ReadOptions& options) {
  detail::ToldCharsets told;
  auto result = annotation_formats().at(format).value.read(path, options);
  detail::make_utf8(result);
  for (const auto& [charset, files] : told.files()) {
    auto others = files.size() > 1 ? fmt::format(" and {} more", files.size() - 1) : "";
    result.notes.push_back(
        fmt::format("{}{}: not UTF-8, read as {}", files.begin()->string(), others, charset));
  }
  return result;
}

// The fault is the answer where there is one; that nothing is recognised follows from it.
[[noreturn]] void throw_not_recognised(const fs::path& path) {
  auto known = join(annotation_formats().names(), ", ");
  auto faults = find_label_faults(path);
  if (faults.empty())
    throw DataError(fmt::format("{}: no annotation format is recognised (known: {})", path.string(), known));
  const auto& first = faults.front();
  auto others = faults.size() > 1 ? fmt::format(" (and {} more such files)", faults.size() - 1) : "";
  if (first.format.empty())
    throw DataError(
        fmt::format("{}: no annotation format is recognised; {}{}", path.string(), first.to_string(), others),
        "known: " + known);
  throw DataError(fmt::format("{}{}", first.to_string(), others),
                  fmt::format("it would be read as {} without that", first.format));
}

}  // namespace

ReadResult read_dataset(const fs::path& path, const std::string& format, const ReadOptions& options) {
  if (!fs::exists(path)) throw_io_error("read", path, ENOENT);
  if (format != "auto") return read_as(format, path, options);
  auto detected = detect_format(path, options.format_flag);
  if (!detected) throw_not_recognised(path);
  auto result = read_as(detected->name, path, options);
  result.notes.insert(result.notes.begin(), fmt::format("format {}: {}", detected->name, detected->evidence));
  return result;
}

std::string image_bytes(const ReadResult& result, std::size_t index) {
  if (auto inside = result.embedded.find(index); inside != result.embedded.end()) return inside->second();
  if (const auto& file = result.files.at(index); !file.empty()) return read_file(file);
  auto why = result.without_bytes.find(index);
  throw DataError(fmt::format("{}: the image file is {}", result.dataset.images[index].name,
                              why == result.without_bytes.end() ? "missing" : why->second));
}

}  // namespace ds
