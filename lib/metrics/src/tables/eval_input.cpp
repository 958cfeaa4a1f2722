#include "ds/metrics/eval_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "ds/base/error.h"
#include "ds/base/hash.h"
#include "ds/base/text.h"

namespace ds {

namespace {

void add_objects(const Image& image, std::int32_t image_idx, const TruthOptions& options, TruthTable& table) {
  for (const auto& a : image.annotations) {
    if (a.proposal) continue;
    const auto box = a.box();
    TruthObject object{box.x0, box.y0, box.width(), box.height()};
    object.area = a.area.value_or(area_of(a.shape));
    if (object.area <= 0) object.area = object.w * object.h;
    object.id = a.id != 0 ? a.id : static_cast<std::int64_t>(table.objects.size()) + 1;
    object.image_idx = image_idx;
    object.class_idx = a.class_idx;
    object.crowd = a.crowd;
    object.ignore = a.ignore || (options.ignore_difficult && a.difficult);
    table.objects.push_back(object);
  }
}

/// What the source said, and what the dataset knows by itself.
std::map<std::string, std::string> attributes_of(const Image& image, const ClassList& classes) {
  auto attributes = image.attributes;
  auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) attributes.emplace(name, value);
  };
  if (image.split != Split::none) add("split", to_string(image.split));
  if (const auto slash = image.name.rfind('/'); slash != std::string::npos)
    add("folder", image.name.substr(0, slash));
  add("group", image.group);
  for (const bool present : {true, false}) {
    std::vector<std::string> names;
    for (const auto& tag : image.tags)
      if (tag.present == present) names.push_back(classes[tag.class_idx].name);
    std::sort(names.begin(), names.end());
    add(present ? "tag" : "tag absent", join(names, "\n"));
  }
  return attributes;
}

std::int32_t class_index(const Detection& d, const TruthTable& truth, const std::string& name) {
  if (d.class_idx < 0 || static_cast<std::size_t>(d.class_idx) >= truth.classes.size())
    throw DataError(fmt::format("{}: class index {} is outside the {} classes of the truth", name,
                                d.class_idx, truth.classes.size()));
  return d.class_idx;
}

std::string object_line(std::size_t i, const TruthTable& truth) {
  const auto& o = truth.objects[i];
  std::string line = truth.classes.at(static_cast<std::size_t>(o.class_idx)).name;
  line.reserve(line.size() + 80);
  for (const double value : {o.x, o.y, o.w, o.h, o.area}) {
    line += ' ';
    line += shortest(value);
  }
  line += ' ';
  if (o.crowd) line += "crowd";
  if (o.ignore) line += "ignore";
  if (!truth.masks.empty()) line += " mask " + encode_run_length(truth.masks.at(i));
  return line;
}

}  // namespace

std::int64_t LeftOutDetections::place_in_file(std::size_t detection_idx) const {
  auto place = static_cast<std::int64_t>(detection_idx);
  for (const auto at : places) {
    if (at > place) break;
    ++place;
  }
  return place;
}

TruthTable truth_from_dataset(const Dataset& dataset, const TruthOptions& options) {
  TruthTable table;
  for (const auto& info : dataset.classes)
    table.classes.push_back(
        {info.id != 0 ? info.id : static_cast<std::int64_t>(table.classes.size()) + 1, info.name});
  const bool has_ids =
      std::any_of(dataset.images.begin(), dataset.images.end(), [](const auto& i) { return i.id != 0; });
  std::unordered_map<std::int64_t, std::string> seen;
  for (const auto& image : dataset.images) {
    const auto idx = static_cast<std::int32_t>(table.images.size());
    const auto id = has_ids ? image.id : static_cast<std::int64_t>(idx) + 1;
    if (const auto [at, is_new] = seen.emplace(id, image.name); !is_new)
      throw DataError(fmt::format("images {} and {} share the id {}", at->second, image.name, id));
    table.images.push_back(
        {id, image.name, image.group, image.width, image.height, attributes_of(image, dataset.classes)});
    add_objects(image, idx, options, table);
  }
  return table;
}

DetectionTable detections_from(const std::vector<ImageDetections>& found, const TruthTable& truth,
                               const std::string& name) {
  std::unordered_map<std::int64_t, std::int32_t> by_id;
  std::unordered_map<std::string, std::int32_t> by_name;
  for (std::size_t i = 0; i < truth.images.size(); ++i) {
    by_id.emplace(truth.images[i].id, static_cast<std::int32_t>(i));
    by_name.emplace(truth.images[i].name, static_cast<std::int32_t>(i));
  }
  DetectionTable table{name, {}};
  for (const auto& image : found) {
    std::int32_t idx = -1;
    if (image.image_id != 0) {
      if (const auto at = by_id.find(image.image_id); at != by_id.end()) idx = at->second;
    } else if (const auto at = by_name.find(image.image_name); at != by_name.end()) {
      idx = at->second;
    }
    if (idx < 0)
      throw DataError(
          fmt::format("{}: image {} ({}) is not in the truth", name, image.image_id, image.image_name));
    for (const auto& d : image.detections) {
      const auto& b = d.box;
      if (!std::isfinite(d.score) || !std::isfinite(b.x0 + b.y0 + b.x1 + b.y1))
        throw DataError(fmt::format("{}: a detection on image {} has a number that is not finite", name,
                                    truth.images[static_cast<std::size_t>(idx)].name));
      table.boxes.push_back({b.x0, b.y0, b.width(), b.height(), d.score, idx, class_index(d, truth, name)});
    }
  }
  return table;
}

std::string fingerprint(const TruthTable& truth) {
  std::vector<std::string> classes;
  for (const auto& c : truth.classes) classes.push_back(c.name);
  std::sort(classes.begin(), classes.end());
  std::vector<std::vector<std::string>> objects(truth.images.size());
  for (std::size_t i = 0; i < truth.objects.size(); ++i)
    objects.at(static_cast<std::size_t>(truth.objects[i].image_idx)).push_back(object_line(i, truth));
  std::vector<std::string> images;
  for (std::size_t i = 0; i < truth.images.size(); ++i) {
    std::sort(objects[i].begin(), objects[i].end());
    const auto& image = truth.images[i];
    images.push_back((image.name.empty() ? std::to_string(image.id) : image.name) + "\n" +
                     join(objects[i], "\n"));
  }
  std::sort(images.begin(), images.end());
  Sha256 hash;
  hash.update("ds truth 1\n");
  for (const auto& name : classes) hash.update(name + "\n");
  for (const auto& image : images) hash.update("\f" + image + "\n");
  return hash.hex();
}

}  // namespace ds
