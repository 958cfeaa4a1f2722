#include "ds/curation/split_project.h"

#include <unordered_map>

namespace ds {
namespace {

struct Item {
  std::int64_t id = 0;
  Split split = Split::none;
  std::string group;
  std::size_t unit = 0;
  bool chosen = false;
  std::map<int, std::size_t> objects;
};

/// The same text that ImageStore::assign_splits hashes, so that both find the same split.
std::string unit_key(const Image& image) {
  if (!image.group.empty()) return "g:" + image.group;
  if (!image.sha256.empty()) return "s:" + image.sha256;
  return "n:" + image.name;
}

class Splitting {
 public:
  Splitting(Project& project, const SplitOptions& options) : options_(options) {
    const auto& settings = project.settings();
    SplitShares usual{settings.split_train, settings.split_val, settings.split_test};
    report_.shares = options.shares.value_or(usual);
    report_.shares.validate();
    report_.settings_differ = report_.shares.train != usual.train || report_.shares.val != usual.val ||
                              report_.shares.test != usual.test;
    auto classes = project.classes().list();
    for (const auto& info : classes) report_.classes.push_back({.name = info.name});
    read(project);
  }

  std::vector<ImageStore::Placement> plan(const std::string& key) {
    auto splits = plan_splits(units_, report_.shares, options_.by, key);
    std::vector<ImageStore::Placement> placements;
    for (const auto& item : items_) {
      auto to =
          item.chosen && (item.split == Split::none || options_.reassign) ? splits[item.unit] : item.split;
      count(item, to);
      if (to != item.split) placements.push_back({item.id, to, item.group});
    }
    return placements;
  }

  SplitReport finish() { return std::move(report_); }

 private:
  void read(Project& project) {
    std::unordered_map<std::int64_t, bool> chosen;
    for (const auto& image : project.images().list(options_.where)) chosen[image.id] = true;
    std::unordered_map<std::string, std::size_t> unit_of;
    // Oldest first where a user has mixed the splits of a group: as assign_splits decides.
    std::unordered_map<std::size_t, std::int64_t> fixed_by;
    project.images().for_each({}, WithAnnotations::yes, [&](const Image& image) {
      Item item{.id = image.id,
                .split = image.split,
                .group = image.group,
                .unit = 0,
                .chosen = chosen.contains(image.id),
                .objects = {}};
      for (const auto& annotation : image.annotations)
        if (!annotation.proposal) ++item.objects[annotation.class_idx];
      auto [found, is_new] = unit_of.try_emplace(unit_key(image), units_.size());
      if (is_new) units_.push_back({.key = found->first, .images = 0, .objects = {}, .fixed = std::nullopt});
      item.unit = found->second;
      auto& unit = units_[item.unit];
      ++unit.images;
      for (auto [class_idx, objects] : item.objects) unit.objects[class_idx] += objects;
      bool stays = image.split != Split::none && !(item.chosen && options_.reassign);
      if (stays && (!unit.fixed || image.id < fixed_by[item.unit])) {
        unit.fixed = image.split;
        fixed_by[item.unit] = image.id;
      }
      items_.push_back(std::move(item));
    });
    leave_out_unchosen();
  }

  // Images without a split that nobody has chosen count for nothing.
  void leave_out_unchosen() {
    for (const auto& item : items_) {
      if (item.chosen || item.split != Split::none) continue;
      auto& unit = units_[item.unit];
      --unit.images;
      for (auto [class_idx, objects] : item.objects) unit.objects[class_idx] -= objects;
    }
  }

  void count(const Item& item, Split to) {
    ++report_.images_before[static_cast<std::size_t>(item.split)];
    ++report_.images_after[static_cast<std::size_t>(to)];
    for (auto [class_idx, objects] : item.objects) {
      auto& per_class = report_.classes.at(static_cast<std::size_t>(class_idx));
      per_class.before[static_cast<std::size_t>(item.split)] += objects;
      per_class.after[static_cast<std::size_t>(to)] += objects;
    }
    if (item.chosen && item.split != Split::none && !options_.reassign) ++report_.kept;
    if (to == item.split) return;
    if (item.split == Split::none) {
      ++report_.assigned;
    } else {
      ++report_.reassigned;
      ++report_.moves[{item.split, to}];
    }
  }

  const SplitOptions& options_;
  SplitReport report_;
  std::vector<SplitUnit> units_;
  std::vector<Item> items_;
};

}  // namespace

SplitReport split_project(Project& project, const SplitOptions& options, bool dry_run) {
  SplitReport report;
  auto work = [&] {
    Splitting splitting(project, options);
    auto placements = splitting.plan(project.settings().split_key);
    if (!dry_run) project.images().place(placements);
    report = splitting.finish();
  };
  // Planned and written as one, so that an import in between is not missed.
  if (dry_run)
    work();
  else
    project.transaction(work);
  return report;
}

}  // namespace ds
