#include "ds/labeling/file_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "ds/base/error.h"
#include "ds/labeling/label_counts.h"

namespace ds {
namespace {

using Less = std::function<bool(const Image&, const Image&)>;

template <typename Key>
Less by(Key key) {
  return [key](const Image& a, const Image& b) { return key(a) < key(b); };
}

struct SortKey {
  const char* name;
  bool needs_annotations;
  Less less;
};

const std::vector<SortKey>& sort_keys() {
  static const std::vector<SortKey> keys = {
      {"name", false, nullptr},
      {"id", false, by([](const Image& i) { return i.id; })},
      {"status", false, by([](const Image& i) { return i.state; })},
      {"split", false, by([](const Image& i) { return i.split; })},
      {"assignee", false, by([](const Image& i) { return i.assignee; })},
      {"labels", true, by([](const Image& i) { return label_count(i); })},
      {"proposals", true, by([](const Image& i) { return proposal_count(i); })},
      {"size", false, by([](const Image& i) { return static_cast<std::int64_t>(i.width) * i.height; })},
      {"revision", false, by([](const Image& i) { return i.revision; })}};
  return keys;
}

const SortKey& key_named(const std::string& name) {
  for (const auto& key : sort_keys())
    if (name == key.name) return key;
  throw_unknown_name("sort key", name, file_sort_keys());
}

}  // namespace

std::vector<std::string> file_sort_keys() {
  std::vector<std::string> names;
  for (const auto& key : sort_keys()) names.emplace_back(key.name);
  return names;
}

FilePage list_files(Project& project, const FileListOptions& options) {
  const auto& key = key_named(options.sort);
  auto filter = Filter::parse(options.where);
  auto& store = project.images();
  FilePage page;
  page.total = store.count(filter);
  auto size = options.page_size > 0 ? static_cast<std::size_t>(options.page_size)
                                    : std::max<std::size_t>(page.total, 1);
  page.pages = static_cast<int>(std::max<std::size_t>(1, (page.total + size - 1) / size));
  page.page = options.page;
  if (page.page < 1 || page.page > page.pages)
    throw UsageError(fmt::format("there is no page {}: {} images are {} page{}", options.page, page.total,
                                 page.pages, page.pages == 1 ? "" : "s"));
  auto offset = static_cast<std::size_t>(page.page - 1) * size;
  if (!key.less && !options.descending) {
    page.images = store.list(filter, WithAnnotations::yes, size, offset);
    return page;
  }
  auto all = store.list(filter, key.needs_annotations ? WithAnnotations::yes : WithAnnotations::no);
  if (!key.less)
    std::reverse(all.begin(), all.end());
  else if (options.descending)
    std::stable_sort(all.begin(), all.end(), [&](const Image& a, const Image& b) { return key.less(b, a); });
  else
    std::stable_sort(all.begin(), all.end(), key.less);
  for (auto i = offset; i < std::min(all.size(), offset + size); ++i)
    page.images.push_back(key.needs_annotations ? std::move(all[i]) : store.get(all[i].id));
  return page;
}

std::size_t remove_images(Project& project, const Selection& selection, bool with_labels) {
  std::vector<std::int64_t> ids;
  for (const auto& image : select_images(project, selection)) {
    if (auto labels = label_count(image); labels > 0 && !with_labels)
      throw UsageError(fmt::format("{} has labels ({})", image.name, labels),
                       "--with-labels removes it all the same");
    ids.push_back(image.id);
  }
  return project.images().remove(ids);
}

}  // namespace ds
