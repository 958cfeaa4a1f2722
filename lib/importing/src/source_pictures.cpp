#include "ds/importing/source_pictures.h"

#include "source.h"

namespace ds {
namespace fs = std::filesystem;

SourcePictures read_source_pictures(const fs::path& source, const AddOptions& options, Progress& progress) {
  detail::FactsLog nothing({}, false);
  auto content = detail::read_source(source, options, nothing, progress);
  SourcePictures pictures{.skipped = std::move(content.skipped), .notes = std::move(content.notes)};
  auto inside = std::make_unique<TemporaryFolder>();
  for (auto& candidate : content.candidates) {
    auto file = candidate.file;
    if (candidate.bytes) {
      file = inside->path() / candidate.image.sha256;
      write_file_atomically(file, candidate.bytes());
    }
    candidate.image.id = static_cast<std::int64_t>(pictures.images.size() + 1);
    pictures.files.emplace(candidate.image.sha256, std::move(file));
    pictures.images.push_back(std::move(candidate.image));
  }
  pictures.scratch.push_back(std::move(inside));
  pictures.scratch.push_back(std::move(content.scratch));
  return pictures;
}

}  // namespace ds
