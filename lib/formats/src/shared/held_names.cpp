#include "shared/held_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <unordered_set>

#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "shared/reading.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

constexpr std::string_view kBlanks = " \t";

bool is_control(char c) {
  return static_cast<unsigned char>(c) < ' ' || c == '\x7F';
}

// Blanks at both ends become `_`, so that the name stays as long as it was.
void fill_ends(std::string& text) {
  for (auto at = text.begin(); at != text.end() && kBlanks.find(*at) != std::string_view::npos; ++at)
    *at = '_';
  for (auto at = text.rbegin(); at != text.rend() && kBlanks.find(*at) != std::string_view::npos; ++at)
    *at = '_';
}

// Never inside a letter of several bytes.
void cut_to(std::string& text, std::size_t bytes) {
  if (text.size() <= bytes) return;
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  text.resize(bytes);
}

// "a/b.jpg", "-2": "a/b-2.jpg".
std::string with_ending(const std::string& name, const std::string& ending) {
  fs::path path = name;
  auto stem = path.stem().string();
  auto suffix = path.extension().string();
  cut_to(stem, 240 - std::min<std::size_t>(suffix.size(), 100));
  return (path.parent_path() / (stem + ending + suffix)).generic_string();
}

class ImageNames {
 public:
  explicit ImageNames(const NameRules& rules) : rules_(rules) {}

  std::string held(const Image& image) const {
    auto parts = split(image.name, '/');
    std::erase_if(parts, [](const std::string& part) { return part.empty() || part == "."; });
    if (parts.empty()) parts.emplace_back("image");
    std::string name;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      bool last = i + 1 == parts.size();
      name += (i > 0 ? "/" : "") + (last ? file(parts[i]) : folder(parts[i], image.split));
    }
    for (const auto& beginning : rules_.beginnings)
      if (name.starts_with(beginning)) name.insert(0, "_");
    return name;
  }

 private:
  std::string plain(std::string part) const {
    for (char& c : part)
      if (is_control(c) || c == '\\' || rules_.characters.find(c) != std::string::npos) c = '_';
    if (part == "..") part = "__";
    if (rules_.trimmed) fill_ends(part);
    if (rules_.walked && part.starts_with('.')) part.insert(0, "_");
    return part;
  }

  std::string folder(const std::string& given, Split split) const {
    auto part = plain(given);
    if (moves_split(part, split) || (rules_.taken_folder && rules_.taken_folder(part)) ||
        (rules_.walked && part == "__MACOSX"))
      part.insert(0, "_");
    cut_to(part, rules_.longest);
    return part;
  }

  std::string file(const std::string& given) const {
    auto part = plain(given);
    auto suffix = has_image_suffix(part) ? fs::path(part).extension().string()
                  : rules_.by_suffix     ? ".jpg"
                                         : "";
    auto stem = has_image_suffix(part) ? part.substr(0, part.size() - suffix.size()) : part;
    if (rules_.trimmed) fill_ends(stem);
    cut_to(stem, rules_.longest - suffix.size());
    return stem + suffix;
  }

  bool moves_split(const std::string& folder, Split split) const {
    auto said = split_of_word(folder);
    return rules_.folders_are_splits && said && *said != split;
  }

  const NameRules& rules_;
};

std::string held_class(std::string name, const NameRules& rules) {
  if (!rules.bare_classes) return name;
  for (char& c : name)
    if (is_control(c) && c != '\t') c = '_';
  fill_ends(name);
  return name;
}

// Names that need no change come first, so that no other takes one of them.
std::map<std::size_t, std::string> changed_images(const Dataset& dataset, const NameRules& rules) {
  ImageNames names(rules);
  bool all_held = std::all_of(dataset.images.begin(), dataset.images.end(),
                              [&](const Image& image) { return names.held(image) == image.name; });
  if (all_held && !rules.looked_for) return {};
  std::unordered_set<std::string> taken;
  std::unordered_set<std::string> looked_for;
  auto claim = [&](const Image& image, const std::string& name) {
    auto paths = rules.looked_for ? rules.looked_for(image, name) : NameRules::Paths();
    bool shared = std::any_of(paths.begin(), paths.end(),
                              [&](const std::string& path) { return looked_for.contains(path); });
    if (shared || !taken.insert(name).second) return false;
    looked_for.insert(paths.begin(), paths.end());
    return true;
  };
  std::map<std::size_t, std::string> changed;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    auto held = names.held(image);
    if (held != image.name || !claim(image, held)) changed[i] = std::move(held);
  }
  for (auto& [index, name] : changed) {
    const auto& image = dataset.images[index];
    auto wanted = name;
    bool as_it_was = wanted == image.name;  // but looked for where another one is
    for (int n = 2; as_it_was || !claim(image, name); ++n, as_it_was = false)
      name = with_ending(wanted, fmt::format("-{}", n));
  }
  return changed;
}

std::map<int, std::string> changed_classes(const ClassList& classes, const NameRules& rules) {
  std::set<std::string> taken;
  std::map<int, std::string> changed;
  for (int i = 0; i < classes.size(); ++i) {
    auto held = held_class(classes[i].name, rules);
    if (held == classes[i].name)
      taken.insert(held);
    else
      changed[i] = std::move(held);
  }
  for (auto& [index, name] : changed) {
    auto wanted = name;
    for (int n = 2; !taken.insert(name).second; ++n) name = fmt::format("{}-{}", wanted, n);
  }
  return changed;
}

}  // namespace

HeldNames::HeldNames(const Dataset& dataset, const NameRules& rules)
    : original_(dataset),
      images_(changed_images(dataset, rules)),
      classes_(changed_classes(dataset.classes, rules)) {
  if (images_.empty() && classes_.empty()) return;
  changed_ = dataset;
  for (const auto& [index, name] : images_) changed_->images[index].name = name;
  if (classes_.empty()) return;
  ClassList classes;
  for (int i = 0; i < dataset.classes.size(); ++i) {
    auto info = dataset.classes[i];
    if (auto other = classes_.find(i); other != classes_.end()) info.name = other->second;
    classes.add(std::move(info));
  }
  changed_->classes = std::move(classes);
}

void HeldNames::count(LossReport& losses) const {
  if (images_.empty() && classes_.empty()) return;
  auto was = images_.empty() ? original_.classes[classes_.begin()->first].name
                             : original_.images[images_.begin()->first].name;
  const auto& is = images_.empty() ? classes_.begin()->second : images_.begin()->second;
  auto what = fmt::format("written as others: '{}' as '{}'", was, is);
  if (auto known = losses.kinds.find("name"); known != losses.kinds.end())
    what = known->second.what + "; " + what;
  losses.add("name", what, images_.size() + classes_.size());
}

}  // namespace ds::detail
