#include "ds/importing/source_dataset.h"

#include <fmt/format.h>

#include "ds/base/error.h"
#include "ds/media/archive.h"
#include "ds/media/image_header.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

std::string with_origin(std::string text, const std::string& folder, const std::string& origin) {
  for (std::size_t at; (at = text.find(folder + "/")) != std::string::npos;)
    text.replace(at, folder.size() + 1, origin);
  // The folder by itself is the archive.
  for (std::size_t at; (at = text.find(folder)) != std::string::npos;)
    text.replace(at, folder.size(), origin.substr(0, origin.size() - 1));
  return text;
}

}  // namespace

ReadResult read_members(const fs::path& folder, const std::string& origin, const std::string& format,
                        const ReadOptions& options) {
  try {
    auto read = read_dataset(folder, format, options);
    name_members(read, folder, origin);
    return read;
  } catch (const UsageError& error) {
    throw UsageError(with_origin(error.what(), folder.string(), origin), error.advice());
  } catch (const DataError& error) {
    throw DataError(with_origin(error.what(), folder.string(), origin), error.advice());
  }
}

void name_members(ReadResult& read, const fs::path& folder, const std::string& origin) {
  auto rename = [&](std::string& text) { text = with_origin(std::move(text), folder.string(), origin); };
  for (auto& note : read.notes) rename(note);
  for (auto& [index, why] : read.without_bytes) rename(why);
  for (auto& issue : read.issues) {
    auto place = issue.location.path.string();
    rename(place);
    rename(issue.message);
    issue.location.path = place;
  }
}

SourceDataset read_source_dataset(const fs::path& source, const std::string& format,
                                  const ReadOptions& options) {
  if (!fs::exists(source))
    throw UsageError(fmt::format("there is nothing at {}", source.string()), "check the path");
  if (fs::is_directory(source) || !has_archive_suffix(source))
    return {read_dataset(source, format, options), nullptr};
  auto scratch = std::make_unique<TemporaryFolder>();
  auto content = extract_archive(source, scratch->path());
  auto read = read_members(scratch->path(), source.filename().string() + "!", format, options);
  read.notes.insert(read.notes.begin(), content.notes.begin(), content.notes.end());
  return {std::move(read), std::move(scratch)};
}

}  // namespace ds
