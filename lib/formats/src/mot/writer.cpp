// Writes MOT Challenge sequences, counted from 1 as motchallenge.net says: one for each group of images of
// one split and size.
#include "mot/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

#include "ds/base/text.h"
#include "mot/sequence.h"
#include "shared/losses.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

// A folder's name: the group without what a file system or another tool may stumble over.
std::string folder_name(const std::string& group) {
  std::string name;
  for (char c : group) {
    bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' ||
                 c == '_' || (c == '.' && !name.empty());
    name += plain || static_cast<unsigned char>(c) >= 0x80 ? c : '_';
  }
  return name.empty() ? "sequence" : name;
}

std::optional<double> visibility_of(const Annotation& annotation) {
  auto found = annotation.attributes.find("visibility");
  if (found == annotation.attributes.end()) return std::nullopt;
  auto value = parse_double(found->second);
  return value && *value != -1 && found->second.find(',') == std::string::npos ? value : std::nullopt;
}

bool is_share(const std::optional<double>& score) {
  return score && *score > 0 && *score < 1;
}

std::string row_of(std::int64_t frame, const Annotation& a) {
  auto box = a.box();
  std::string confidence = a.ignore ? "0" : is_share(a.score) ? shortest(*a.score) : "1";
  auto visibility = visibility_of(a) ? a.attributes.at("visibility") : "-1";
  bool tracked = a.track_id && *a.track_id >= 0;
  return fmt::format("{},{},{},{},{},{},{},{},{}\n", frame, tracked ? *a.track_id : -1,
                     shortest(decimal_sum(box.x0, 1)), shortest(decimal_sum(box.y0, 1)),
                     shortest(decimal_sum(box.x1, -box.x0)), shortest(decimal_sum(box.y1, -box.y0)),
                     confidence, a.class_idx + 1, visibility);
}

// Frames a second, when the images know their times.
std::optional<double> rate_of(const Dataset& dataset, const std::vector<std::size_t>& images) {
  const auto& first = dataset.images[images.front()].time_s;
  const auto& last = dataset.images[images.back()].time_s;
  if (!first || !last || *last <= *first) return std::nullopt;
  return static_cast<double>(images.size() - 1) / (*last - *first);
}

void write_sequence(const Dataset& dataset, const std::vector<std::size_t>& images, const std::string& folder,
                    WrittenDataset& written) {
  const auto& first = dataset.images[images.front()];
  std::string rows, names, unlabelled;
  for (std::size_t k = 0; k < images.size(); ++k) {
    const auto& image = dataset.images[images[k]];
    auto frame = static_cast<std::int64_t>(k) + 1;
    auto file = fmt::format("{:06}{}", frame, fs::path(image.name).extension().string());
    written.images[folder + "/img1/" + file] = images[k];
    if (image.name != folder + "/" + file) names += fmt::format("name.{}={}\n", frame, image.name);
    if (image.state == ImageState::unlabelled && image.annotations.empty())
      unlabelled += fmt::format("{}{}", unlabelled.empty() ? "" : " ", frame);
    for (const auto& annotation : image.annotations) rows += row_of(frame, annotation);
  }
  std::string labels;
  for (const auto& info : dataset.classes) labels += info.name + "\n";
  auto rate = rate_of(dataset, images);
  auto sequence = fs::path(folder).filename().string();
  std::string info = fmt::format("[Sequence]\nname={}\nimDir=img1\n", sequence);
  if (rate) info += fmt::format("frameRate={}\n", shortest(decimal_sum(*rate, 0)));
  info += fmt::format("seqLength={}\nimWidth={}\nimHeight={}\nimExt={}\n\n[ds]\nbase=1\n", images.size(),
                      first.width, first.height, fs::path(first.name).extension().string());
  if (first.group != sequence) info += fmt::format("group={}\n", first.group);
  if (!unlabelled.empty()) info += fmt::format("unlabelled={}\n", unlabelled);
  written.texts[folder + "/seqinfo.ini"] = info + names;
  written.texts[folder + "/gt/gt.txt"] = rows;
  written.texts[folder + "/gt/labels.txt"] = labels;
}

void count_mot_losses(const Dataset& dataset, LossReport& losses) {
  FormatHolds holds{.ignore = true, .score = true, .track = true, .attributes = true};
  count_losses(dataset, holds, losses);
  for (const auto& image : dataset.images) {
    for (const auto& a : image.annotations) {
      auto rest = a.attributes;
      if (visibility_of(a)) rest.erase("visibility");
      if (says_something(rest)) losses.add("attributes", "lose them but for visibility");
      if (a.score && (a.ignore || !is_share(a.score))) losses.add("score", "lose it: 0 and 1 are marks");
      if (a.track_id && *a.track_id < 0) losses.add("track", "lose it: ids count from 0");
    }
  }
}

}  // namespace

NameRules mot_names() {
  return {.trimmed = true, .bare_classes = true};
}

WrittenDataset write_mot(const Dataset& dataset, const WriteOptions&) {
  WrittenDataset written;
  count_mot_losses(dataset, written.losses);
  std::map<std::tuple<Split, std::string, int, int>, std::vector<std::size_t>> sequences;
  for (std::size_t i = 0; i < dataset.images.size(); ++i) {
    const auto& image = dataset.images[i];
    sequences[{image.split, image.group, image.width, image.height}].push_back(i);
  }
  std::set<std::string> folders;
  for (const auto& [key, images] : sequences) {
    auto split = std::get<Split>(key);
    auto base = (split == Split::none ? "" : to_string(split) + "/") + folder_name(std::get<1>(key));
    auto folder = base;
    for (int n = 2; !folders.insert(folder).second; ++n) folder = fmt::format("{}-{}", base, n);
    write_sequence(dataset, images, folder, written);
  }
  written.notes.push_back(
      fmt::format("{} sequences; frames are numbered from 1 in the images' order", sequences.size()));
  return written;
}

}  // namespace ds::detail
