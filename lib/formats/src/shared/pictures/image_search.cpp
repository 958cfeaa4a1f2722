#include "shared/pictures/image_search.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "shared/pictures/folded_name.h"
#include "shared/reading.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

// A label file given alone may lie in a home folder: not all of that is searched.
constexpr int kDepthBesideFile = 4;
constexpr int kDepth = 32;

// a/b/c.jpg, then b/c.jpg, then c.jpg.
std::vector<fs::path> endings_of(const fs::path& path) {
  std::vector<fs::path> parts(path.begin(), path.end());
  std::vector<fs::path> endings;
  for (std::size_t first = 0; first < parts.size(); ++first) {
    if (parts[first].is_absolute()) continue;
    fs::path ending;
    for (std::size_t i = first; i < parts.size(); ++i) ending /= parts[i];
    endings.push_back(ending);
  }
  return endings;
}

// For the index, which holds no dots: ../images/a.jpg is images/a.jpg at most.
fs::path without_dots(const fs::path& path) {
  fs::path plain;
  for (const auto& part : path.lexically_normal().relative_path())
    if (part != "..") plain /= part;
  return plain;
}

// Those of which `holds` is true, unless it is of none.
void narrow(std::vector<fs::path>& files, const std::function<bool(const fs::path&)>& holds) {
  std::vector<fs::path> kept;
  std::copy_if(files.begin(), files.end(), std::back_inserter(kept), holds);
  if (!kept.empty()) files = std::move(kept);
}

std::optional<Split> split_of_labels(const fs::path& labels, const fs::path& root) {
  auto split = split_in_name(labels.stem().string());
  return split ? split : split_of_folder(labels, root);
}

bool has_folder(const fs::path& file, const std::string& folded) {
  auto folders = file.parent_path();
  return std::any_of(folders.begin(), folders.end(),
                     [&](const fs::path& part) { return folded_name(part.string()) == folded; });
}

std::ptrdiff_t common_parts(const fs::path& a, const fs::path& b) {
  return std::distance(a.begin(), std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first);
}

bool holds_labels(const fs::path& folder) {
  static constexpr const char* kNames[] = {"annotations", "annotation", "labels", "label", "anno", "ann"};
  auto name = to_lower(folder.filename().string());
  return std::any_of(std::begin(kNames), std::end(kNames), [&](const char* one) { return name == one; });
}

// Pictures stand beside annotations/, not in it.
fs::path root_of(const fs::path& path) {
  if (fs::is_directory(path)) return path;
  auto folder = path.parent_path();
  if (folder.empty()) folder = ".";
  return holds_labels(folder) ? (folder / "..").lexically_normal() : folder;
}

}  // namespace

std::string with_slashes(std::string path) {
  std::replace(path.begin(), path.end(), '\\', '/');
  return path;
}

bool lies_with_masks(const fs::path& file) {
  static constexpr const char* kNames[] = {"SegmentationClass", "SegmentationObject", "masks", "Masks",
                                           "Scribbles",         "instances"};
  return std::any_of(file.begin(), file.end(), [](const fs::path& part) {
    return std::any_of(std::begin(kNames), std::end(kNames), [&](const char* name) { return part == name; });
  });
}

void ImageFinder::Tally::add(const std::string& given, const fs::path& file) {
  if (count++ == 0) first = fmt::format("'{}' is {}", given, file.string());
}

ImageFinder::ImageFinder(const fs::path& path, fs::path images)
    : root_(images.empty() ? root_of(path) : images),
      depth_(images.empty() && !fs::is_directory(path) ? kDepthBesideFile : kDepth) {
  if (!images.empty()) images_.push_back(std::move(images));
}

const std::vector<fs::path>& ImageFinder::folders_of(const ImageQuery& query) const {
  return images_.empty() ? query.folders : images_;
}

// `longer` gets the endings that are longer than the one found.
std::optional<fs::path> ImageFinder::in_folders(const ImageQuery& query,
                                                std::vector<fs::path>& longer) const {
  fs::path path = with_slashes(query.given);
  if (path.empty()) return std::nullopt;
  if (path.is_absolute() && fs::is_regular_file(path)) return path;
  // A picture may be called anything; but only where it is said to be is it one for certain.
  if (!has_image_suffix(path)) {
    for (const auto& folder : folders_of(query))
      if (auto file = folder / path.relative_path(); fs::is_regular_file(file))
        return file.lexically_normal();
    return std::nullopt;
  }
  for (const auto& ending : endings_of(path)) {
    for (const auto& folder : folders_of(query))
      if (fs::is_regular_file(folder / ending)) return (folder / ending).lexically_normal();
    longer.push_back(ending);
  }
  return std::nullopt;
}

fs::path ImageFinder::stem_in_folders(const ImageQuery& query) const {
  static constexpr const char* kSuffixes[] = {".jpg", ".jpeg", ".png",  ".JPG",  ".JPEG", ".PNG",
                                              ".bmp", ".tif",  ".tiff", ".webp", ".gif"};
  if (query.stem.empty()) return {};
  for (const auto& folder : folders_of(query))
    for (const auto* suffix : kSuffixes)
      if (auto file = folder / (query.stem + suffix); fs::is_regular_file(file))
        return file.lexically_normal();
  return {};
}

const PictureIndex& ImageFinder::index() {
  if (!index_) {
    auto files =
        fs::is_directory(root_) ? files_below(root_, has_image_suffix, depth_) : std::vector<fs::path>{};
    index_.emplace(root_, std::move(files));
  }
  return *index_;
}

FoundImage ImageFinder::chosen(std::vector<fs::path> files, const ImageQuery& query) const {
  if (files.size() > 1) narrow(files, [](const fs::path& file) { return !lies_with_masks(file); });
  if (files.size() > 1 && !query.labels.empty()) {
    auto split = split_of_labels(query.labels, root_);
    if (split) narrow(files, [&](const fs::path& file) { return split_of_folder(file, root_) == split; });
    auto name = folded_name(query.labels.stem().string());
    narrow(files, [&](const fs::path& file) { return has_folder(file, name); });
    auto folder = query.labels.parent_path().lexically_normal();
    std::ptrdiff_t nearest = 0;
    for (const auto& file : files) nearest = std::max(nearest, common_parts(file.lexically_normal(), folder));
    narrow(files,
           [&](const fs::path& file) { return common_parts(file.lexically_normal(), folder) == nearest; });
  }
  if (files.size() == 1) return {.file = files.front().lexically_normal()};
  return {.several = std::move(files)};
}

FoundImage ImageFinder::in_index(const ImageQuery& query, const std::vector<fs::path>& endings) {
  for (const auto& ending : endings) {
    auto plain = without_dots(ending);
    if (plain.empty()) continue;
    auto files = index().ending_in(plain);
    if (files.empty()) continue;
    auto found = chosen(std::move(files), query);
    if (found.file.empty()) return found;
    bool exact = found.file.generic_string().ends_with(plain.generic_string());
    (exact ? elsewhere_ : spelled_).add(query.given, found.file);
    return found;
  }
  return {};
}

FoundImage ImageFinder::find(const ImageQuery& query) {
  std::vector<fs::path> longer;
  if (auto file = in_folders(query, longer)) {
    // A picture further away, whose path agrees in more of its folders, is the one that is meant.
    auto better = longer.empty() ? FoundImage{} : in_index(query, longer);
    return better.file.empty() ? FoundImage{.file = *file} : better;
  }
  if (auto file = stem_in_folders(query); !file.empty()) return {.file = file, .by_stem = true};
  if (auto found = in_index(query, longer); !found.file.empty() || !found.several.empty()) return found;
  if (query.stem.empty()) return {};
  for (const auto& ending : endings_of(query.stem)) {
    auto files = index().with_stem(without_dots(ending));
    std::erase_if(files, lies_with_masks);  // masks are called as their pictures are
    if (files.empty()) continue;
    auto found = chosen(std::move(files), query);
    found.by_stem = true;
    if (!found.file.empty()) elsewhere_.add(query.stem, found.file);
    return found;
  }
  return {};
}

std::string ImageFinder::where() const {
  auto text = root_.string();
  return fmt::format("below {}", text.ends_with('/') ? text : text + "/");
}

std::vector<std::string> ImageFinder::notes() const {
  std::vector<std::string> notes;
  auto note = [&](const Tally& tally, const char* one, const char* many) {
    if (tally.count > 0)
      notes.push_back(fmt::format("{}: {}", counted(static_cast<std::int64_t>(tally.count), one, many),
                                  tally.first + (tally.count > 1 ? " and so on" : "")));
  };
  note(spelled_, "image was found by a name in other case or Unicode normalisation (NFC, NFD)",
       "images were found by names in other case or Unicode normalisation (NFC, NFD)");
  note(elsewhere_, "image lies elsewhere than the labels say and was found by the end of its path",
       "images lie elsewhere than the labels say and were found by the ends of their paths");
  return notes;
}

}  // namespace ds::detail
