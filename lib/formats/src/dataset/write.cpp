#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "ds/base/files.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/base/version.h"
#include "ds/formats/annotation_format.h"
#include "shared/held_names.h"

namespace ds {
namespace fs = std::filesystem;
using detail::HeldNames;

namespace {

// Marks a folder that an export made and may replace.
constexpr const char* kMarker = ".ds-export";

void require_allowed(const LossReport& losses, const WriteOptions& options, const std::string& format) {
  auto allowed = [&](const std::string& kind) {
    return std::any_of(options.allow_loss.begin(), options.allow_loss.end(),
                       [&](const std::string& given) { return given == "all" || given == kind; });
  };
  LossReport refused;
  std::vector<std::string> kinds;
  for (const auto& [kind, loss] : losses.kinds) {
    if (allowed(kind)) continue;
    refused.kinds[kind] = loss;
    kinds.push_back(kind);
  }
  if (refused.empty()) return;
  throw DataError(fmt::format("{} cannot hold everything: {}", format, refused.to_string()),
                  fmt::format("accept it with --allow-loss {}", join(kinds, ",")));
}

void require_writer(const Registry<AnnotationFormat>::Entry& entry) {
  if (!entry.value.write)
    throw UsageError(entry.name + " is only read, not written", "`ds-import formats` lists those that are");
}

// Not flushed one by one: the folder is flushed as a whole before it appears.
void write_plain(const fs::path& file, std::string_view bytes) {
  make_folders(file.parent_path());
  errno = 0;
  std::ofstream out(file, std::ios::binary);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw_io_error("write", file, errno != 0 ? errno : EIO);
}

void write_stream(const std::function<void(std::ostream&, const ImageBytes&)>& write, const fs::path& file,
                  const ImageBytes& bytes) {
  errno = 0;
  std::ofstream out(file, std::ios::binary);
  write(out, bytes);
  out.close();
  if (!out) throw_io_error("write", file, errno != 0 ? errno : EIO);
}

void write_streams(const WrittenDataset& written, const fs::path& root, const ImageBytes& bytes) {
  for (const auto& [name, write] : written.streams) {
    make_folders((root / name).parent_path());
    write_stream(write, root / name, bytes);
  }
}

// An earlier export steps aside, and comes back should the new one fail to take its place.
void replace_folder(AtomicFolder& folder, const fs::path& target) {
  if (!fs::exists(target / kMarker)) return folder.commit();
  auto aside = target;
  aside += ".old";
  fs::remove_all(aside);
  fs::rename(target, aside);
  try {
    folder.commit();
  } catch (...) {
    fs::rename(aside, target);
    throw;
  }
  fs::remove_all(aside);
}

// A dataset without a single label would not be recognised by those who read the format.
void require_labels(const Dataset& dataset, const WrittenDataset& written,
                    const Registry<AnnotationFormat>::Entry& format) {
  bool labelled = std::any_of(dataset.images.begin(), dataset.images.end(), [](const Image& image) {
    return image.state != ImageState::unlabelled || !image.annotations.empty() || !image.tags.empty();
  });
  bool empty = written.left_out == dataset.images.size();
  if (dataset.images.empty() || (!empty && (labelled || !format.value.needs_labels))) return;
  throw DataError(fmt::format("no image has labels; nothing was written as {}", format.name),
                  empty ? "--unlabelled writes images that nobody has looked at too"
                        : "label some, or choose a format that lists such images as well: coco, cvat, csv");
}

/// What a format makes of a dataset, under names that it can hold.
WrittenDataset planned(const HeldNames& names, const AnnotationFormat::Write& write,
                       const Registry<AnnotationFormat>::Entry& format, const WriteOptions& options) {
  auto written = write(names.dataset(), options);
  names.count(written.losses);
  require_labels(names.dataset(), written, format);
  return written;
}

WriteReport report_of(const Dataset& dataset, const WrittenDataset& written, const HeldNames& names) {
  return {.losses = written.losses,
          .notes = written.notes,
          .images = dataset.images.size() - written.left_out,
          .label_files = written.texts.size() + written.streams.size(),
          .image_paths = written.images,
          .renamed = names.images()};
}

WriteReport write_one_file(const Dataset& dataset, const fs::path& target,
                           const Registry<AnnotationFormat>::Entry& format, const WriteOptions& options) {
  HeldNames names(dataset, format.value.names);
  auto written = planned(names, format.value.write_one_file, format, options);
  require_allowed(written.losses, options, format.name);
  if (written.streams.empty()) throw DataError("there are no images to write");
  AtomicFile file(target);
  write_stream(written.streams.begin()->second, file.temporary_path(),
               [](std::size_t) { return std::string(); });
  file.commit();
  auto report = report_of(dataset, written, names);
  report.image_paths.clear();
  return report;
}

// Where an image's bytes are when a file has them; empty: nowhere to link to.
using FileOf = std::function<fs::path(std::size_t)>;

void put_image(const fs::path& target, std::size_t index, const ImageBytes& bytes, const fs::path& file) {
  if (!file.empty()) {
    make_folders(target.parent_path());
    std::error_code error;
    fs::create_hard_link(fs::canonical(file), target, error);
    if (!error) return;  // else: another file system
  }
  write_plain(target, bytes(index));
}

WriteReport write_whole(const Dataset& dataset, const ImageBytes& bytes, const FileOf& file_of,
                        const fs::path& given_target, const std::string& format,
                        const WriteOptions& options) {
  const auto& entry = annotation_formats().at(format);
  require_writer(entry);
  auto target = given_target.filename().empty() ? given_target.parent_path() : given_target;
  if (entry.value.write_one_file && target.extension() == entry.value.one_file)
    return write_one_file(dataset, target, entry, options);
  bool ours = fs::exists(target / kMarker);
  if (fs::exists(target) && !ours && !(fs::is_directory(target) && fs::is_empty(target))) {
    throw UsageError(fmt::format("{} is there already and no export made it", target.string()),
                     "choose a new folder, or remove that one");
  }
  HeldNames names(dataset, entry.value.names);
  auto written = planned(names, entry.value.write, entry, options);
  require_allowed(written.losses, options, format);
  auto report = report_of(dataset, written, names);
  AtomicFolder folder(target);
  const auto& root = folder.temporary_path();
  write_plain(root / kMarker, fmt::format("{} dataset written by ds {}\n", format, version()));
  for (const auto& [name, text] : written.texts) write_plain(root / name, text);
  write_streams(written, root, [&](std::size_t index) {
    if (!options.with_images) return std::string();
    ++report.image_files;
    return bytes(index);
  });
  if (options.with_images) {
    for (const auto& [name, index] : written.images) {
      throw_if_stopped();
      put_image(root / name, index, bytes, options.hardlink ? file_of(index) : fs::path());
      ++report.image_files;
    }
  }
  replace_folder(folder, target);
  return report;
}

}  // namespace

WriteReport write_dataset(const Dataset& dataset, const std::vector<fs::path>& files, const fs::path& target,
                          const std::string& format, const WriteOptions& options) {
  return write_whole(
      dataset, [&](std::size_t index) { return read_file(files.at(index)); },
      [&](std::size_t index) { return files.at(index); }, target, format, options);
}

WriteReport write_dataset_with(const Dataset& dataset, const ImageBytes& bytes, const fs::path& target,
                               const std::string& format, const WriteOptions& options) {
  return write_whole(
      dataset, bytes, [](std::size_t) { return fs::path(); }, target, format, options);
}

WriteReport write_dataset_from(const ReadResult& read, const fs::path& target, const std::string& format,
                               const WriteOptions& options) {
  return write_whole(
      read.dataset, [&](std::size_t index) { return image_bytes(read, index); },
      [&](std::size_t index) { return read.files.at(index); }, target, format, options);
}

WriteReport plan_dataset(const Dataset& dataset, const std::string& format, const WriteOptions& options) {
  const auto& entry = annotation_formats().at(format);
  require_writer(entry);
  HeldNames names(dataset, entry.value.names);
  auto written = planned(names, entry.value.write, entry, options);
  auto report = report_of(dataset, written, names);
  if (options.with_images) report.image_files = written.images.size();
  return report;
}

}  // namespace ds
