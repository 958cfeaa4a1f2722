#include "dataset/texts.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/text.h"
#include "ds/report/dataset_report.h"

namespace ds {

namespace {

using detail::percent;
using detail::plain;
using detail::ratio;

std::string listed(const std::vector<std::string>& names, std::size_t limit = 5) {
  if (names.size() <= limit) return join(names, ", ");
  return fmt::format("{} and {} more",
                     join({names.begin(), names.begin() + static_cast<std::ptrdiff_t>(limit)}, ", "),
                     names.size() - limit);
}

std::string image_sizes(const DatasetDistribution& d) {
  std::vector<std::string> sizes;
  for (const auto& size : d.image_sizes)
    sizes.push_back(fmt::format("{}x{} ({})", size.width, size.height, size.images));
  return "image sizes: " + listed(sizes, 4);
}

std::string states(const DatasetDistribution& d) {
  std::vector<std::string> parts;
  const auto names = image_state_names();
  for (std::size_t i = 0; i < d.of_state.size(); ++i)
    if (d.of_state[i] > 0) parts.push_back(fmt::format("{} {}", d.of_state[i], names[i]));
  return "states: " + join(parts, ", ");
}

std::string kinds(const char* title, const std::map<std::string, std::size_t>& counts) {
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts) parts.push_back(fmt::format("{} {}", count, name));
  return title + join(parts, ", ");
}

std::string flags(const DatasetDistribution& d) {
  std::vector<std::string> parts;
  for (const auto& [count, name] : {std::pair{d.crowd, "crowd"},
                                    {d.difficult, "difficult"},
                                    {d.ignored, "ignored"},
                                    {d.without_area, "without area"}})
    if (count > 0) parts.push_back(fmt::format("{} {}", count, name));
  if (d.proposals > 0) parts.push_back(counted(d.proposals, "proposal") + " of models (not counted)");
  return parts.empty() ? "" : "marked: " + join(parts, ", ");
}

std::string pairs(const DatasetDistribution& d) {
  std::vector<std::string> parts;
  for (const auto& pair : d.pairs)
    parts.push_back(fmt::format("{} + {} ({})", d.class_names[static_cast<std::size_t>(pair.first)],
                                d.class_names[static_cast<std::size_t>(pair.second)],
                                counted(pair.images, "image")));
  // The list of pairs is cut already: how many more there are is not known.
  if (parts.size() > 3) parts.resize(3);
  return parts.empty() ? "" : "together: " + join(parts, ", ");
}

std::string groups(const DatasetDistribution& d) {
  if (d.groups.empty()) return {};
  std::size_t images = 0;
  for (const auto& group : d.groups) images += group.images;
  auto text = fmt::format("groups: {} with {}, the largest {} ({})", d.groups.size(),
                          counted(images, "image"), d.groups[0].name, d.groups[0].images);
  if (d.videos > 0) text += fmt::format("; {}", counted(d.videos, "video"));
  return text;
}

std::string tags(const DatasetDistribution& d) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < d.tags.size(); ++i)
    if (d.tags[i].present + d.tags[i].absent > 0)
      parts.push_back(
          fmt::format("{} {} there, {} not", d.class_names[i], d.tags[i].present, d.tags[i].absent));
  return parts.empty() ? "" : "tags: " + listed(parts, 4);
}

std::string inputs(const DatasetDistribution& d) {
  if (d.whole.objects == 0 || d.options.input_sizes.empty()) return {};
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < d.options.input_sizes.size(); ++i)
    parts.push_back(fmt::format("{} ({}) at {}", d.whole.tiny[i],
                                percent(ratio(d.whole.tiny[i], d.whole.objects)), d.options.input_sizes[i]));
  return fmt::format("objects under {} pixels on the shorter side in a network's input: {}",
                     plain(d.options.tiny_side, 1), join(parts, ", "));
}

void advise_on_balance(const DatasetDistribution& d, std::vector<std::string>& advice) {
  std::vector<std::string> empty;
  const DatasetPart* rarest = nullptr;
  const DatasetPart* most = nullptr;
  for (const auto& part : d.classes) {
    if (part.objects == 0) {
      empty.push_back(part.name);
      continue;
    }
    if (!rarest || part.objects < rarest->objects) rarest = &part;
    if (!most || part.objects > most->objects) most = &part;
  }
  if (d.imbalance >= 10)
    advice.push_back(
        fmt::format("{} has {:.0f} times the objects of {} ({} and {}): label more of the rare ones",
                    most->name, d.imbalance, rarest->name, most->objects, rarest->objects));
  if (!empty.empty() && empty.size() < d.classes.size())
    advice.push_back(fmt::format("{} without objects: {}", counted(empty.size(), "class"), listed(empty)));
}

void advise_on_splits(const DatasetDistribution& d, std::vector<std::string>& advice) {
  for (const auto& split : d.splits) {
    if (split.name == "none") {
      advice.push_back(fmt::format("{} in no split: nothing trains on or measures with them",
                                   counted(split.images, "image") + (split.images == 1 ? " is" : " are")));
      continue;
    }
    std::vector<std::string> missing;
    for (std::size_t c = 0; c < d.classes.size(); ++c)
      if (d.classes[c].objects > 0 && split.of_class[c] == 0) missing.push_back(d.class_names[c]);
    if (!missing.empty())
      advice.push_back(fmt::format("{} has no object of {}: {}", split.name, counted(missing.size(), "class"),
                                   listed(missing)));
  }
}

void advise_on_sizes(const DatasetDistribution& d, std::vector<std::string>& advice) {
  for (std::size_t i = 0; i < d.options.input_sizes.size(); ++i) {
    const double share = ratio(d.whole.tiny[i], d.whole.objects);
    if (share < 0.05) continue;
    const DatasetPart* worst = nullptr;
    for (const auto& part : d.classes)
      if (part.objects >= 5 &&
          (!worst || ratio(part.tiny[i], part.objects) > ratio(worst->tiny[i], worst->objects)))
        worst = &part;
    auto text = fmt::format("{} of the objects are under {} pixels in an input of {}", percent(share),
                            plain(d.options.tiny_side, 1), d.options.input_sizes[i]);
    if (worst && d.classes.size() > 1)
      text +=
          fmt::format(" (most of all {}: {})", worst->name, percent(ratio(worst->tiny[i], worst->objects)));
    advice.push_back(text + fmt::format("; {} keeps 95 % of them above it", d.input_for_most));
    break;
  }
  if (d.without_area > 0)
    advice.push_back(
        fmt::format("{} without area: ds-import check names them", counted(d.without_area, "box")));
}

void advise_on_images(const DatasetDistribution& d, std::vector<std::string>& advice) {
  const auto unlabelled = d.of_state[static_cast<std::size_t>(ImageState::unlabelled)];
  if (unlabelled > 0)
    advice.push_back(
        fmt::format("nobody has looked at {} of {}", unlabelled, counted(d.whole.images, "image")));
  if (d.whole.images >= 50 && d.whole.negatives == 0 && unlabelled < d.whole.images)
    advice.push_back("no negatives: images without any object teach a model what is background");
}

}  // namespace

std::vector<std::string> dataset_facts(const DatasetDistribution& d) {
  if (d.whole.images == 0) return {};
  std::vector<std::string> facts = {states(d)};
  if (!d.image_sizes.empty()) facts.push_back(image_sizes(d));
  if (d.shapes.size() > 1 || (d.shapes.size() == 1 && !d.shapes.contains("box")))
    facts.push_back(kinds("shapes: ", d.shapes));
  if (d.sources.size() > 1) facts.push_back(kinds("labels came from: ", d.sources));
  for (auto text : {flags(d), pairs(d), tags(d), groups(d), inputs(d)})
    if (!text.empty()) facts.push_back(std::move(text));
  return facts;
}

std::vector<std::string> dataset_advice(const DatasetDistribution& d) {
  std::vector<std::string> advice;
  advise_on_balance(d, advice);
  advise_on_splits(d, advice);
  advise_on_sizes(d, advice);
  advise_on_images(d, advice);
  return advice;
}

std::string dataset_text(const DatasetDistribution& d) {
  std::string out = fmt::format("{}, {} of {}, {}\n\n", counted(d.whole.images, "image"),
                                counted(d.whole.objects, "object"), counted(d.class_names.size(), "class"),
                                counted(d.whole.negatives, "negative"));
  for (const auto& table : {split_table(d), class_balance_table(d), spread_table(d)})
    if (!table.rows.empty()) out += table.to_text() + '\n';
  for (const auto& fact : dataset_facts(d)) out += fact + '\n';
  const auto advice = dataset_advice(d);
  if (!advice.empty()) out += "\nworth a look:\n";
  for (const auto& sentence : advice) out += "- " + sentence + '\n';
  return out;
}

}  // namespace ds
