#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "ds/base/error.h"
#include "ds/base/random.h"
#include "ds/importing/contact_sheet.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

/// Finds the image that the place of an issue belongs to.
class Places {
 public:
  explicit Places(const Dataset& dataset) {
    for (std::size_t i = 0; i < dataset.images.size(); ++i) {
      const auto& image = dataset.images[i];
      by_name_.emplace(image.name, i);
      const fs::path name(image.name);
      add(by_file_, name.filename().string(), i);
      add(by_stem_, name.stem().string(), i);
      for (const auto& annotation : image.annotations)
        if (const auto& from = annotation.provenance; !from.file.empty())
          add(by_object_, key(fs::path(from.file).filename().string(), from.place), i);
    }
  }

  std::optional<std::size_t> find(const Location& location) const {
    if (auto found = by_name_.find(location.path.generic_string()); found != by_name_.end())
      return found->second;
    const auto file = location.path.filename().string();
    auto place = location.line ? std::to_string(*location.line) : location.pointer;
    // A pointer to a member of an object is inside the object: /annotations/3/bbox.
    while (!place.empty()) {
      if (auto found = get(by_object_, key(file, place))) return found;
      const auto cut = place.rfind('/');
      place.resize(cut == place.npos ? 0 : cut);
    }
    if (auto found = get(by_file_, file)) return found;
    return get(by_stem_, location.path.stem().string());
  }

 private:
  /// Nothing for what several images share.
  using Index = std::map<std::string, std::optional<std::size_t>>;
  static void add(Index& index, const std::string& name, std::size_t image) {
    auto [found, is_new] = index.emplace(name, image);
    if (!is_new && found->second != image) found->second.reset();
  }
  static std::optional<std::size_t> get(const Index& index, const std::string& name) {
    auto found = index.find(name);
    return found == index.end() ? std::nullopt : found->second;
  }
  static std::string key(const std::string& file, const std::string& place) { return file + '\n' + place; }

  std::map<std::string, std::size_t> by_name_;
  Index by_file_, by_stem_, by_object_;
};

constexpr std::size_t kRanks = 4;  // error, warning, note, none

std::size_t rank_of(const std::vector<Issue>& issues) {
  std::size_t rank = kRanks - 1;
  for (const auto& issue : issues) rank = std::min(rank, 2 - static_cast<std::size_t>(issue.severity));
  return rank;
}

bool is_labelled(const Image& image) {
  return !image.annotations.empty() || image.state == ImageState::done || image.state == ImageState::review;
}

}  // namespace

void SheetOptions::validate() const {
  if (count < 1) throw UsageError("count: a sheet needs an image at least");
  if (columns < 1 || columns > 20)
    throw UsageError(fmt::format("columns: {} is not between 1 and 20", columns));
  if (rows < 1 || rows > 20) throw UsageError(fmt::format("rows: {} is not between 1 and 20", rows));
  for (const auto side : {cell_width, cell_height})
    if (side < 64 || side > 2000)
      throw UsageError(fmt::format("cell_width and cell_height: {} is not between 64 and 2000", side));
  if (quality < 1 || quality > 100)
    throw UsageError(fmt::format("quality: {} is not between 1 and 100", quality));
}

std::vector<std::vector<Issue>> issues_of_images(const Dataset& dataset, const std::vector<Issue>& issues) {
  const Places places(dataset);
  std::vector<std::vector<Issue>> result(dataset.images.size());
  for (const auto& issue : issues)
    if (const auto image = places.find(issue.location)) result[*image].push_back(issue);
  return result;
}

std::vector<std::size_t> choose_images(const Dataset& dataset,
                                       const std::vector<std::vector<Issue>>& issues_of_image,
                                       const SheetOptions& options) {
  options.validate();
  const bool any = std::any_of(dataset.images.begin(), dataset.images.end(), is_labelled);
  std::array<std::vector<std::size_t>, kRanks> ranks;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto rank = rank_of(issues_of_image[i]);
    if (rank < kRanks - 1 || !any || is_labelled(dataset.images[i])) ranks[rank].push_back(i);
  }
  Random random(options.seed, "contact sheet");
  std::vector<std::size_t> chosen;
  for (auto& rank : ranks) {
    const auto wanted = std::min(options.count - chosen.size(), rank.size());
    std::vector<std::size_t> taken;
    if (options.seed == 0) {
      for (std::size_t i = 0; i < wanted; ++i) taken.push_back(rank[i * rank.size() / wanted]);
    } else {
      random.shuffle(rank);
      taken.assign(rank.begin(), rank.begin() + static_cast<std::ptrdiff_t>(wanted));
      std::sort(taken.begin(), taken.end());
    }
    chosen.insert(chosen.end(), taken.begin(), taken.end());
  }
  return chosen;
}

}  // namespace ds
