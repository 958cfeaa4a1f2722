#include "voc/masks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "ds/base/files.h"
#include "ds/base/text.h"
#include "shared/text/label_text.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

constexpr std::uint32_t kVoid = 255;
// In the order of the palette; 0 is the background.
constexpr std::array<const char*, 20> kVocNames = {
    "aeroplane", "bicycle",     "bird",  "boat",        "bottle", "bus",      "car",
    "cat",       "chair",       "cow",   "diningtable", "dog",    "horse",    "motorbike",
    "person",    "pottedplant", "sheep", "sofa",        "train",  "tvmonitor"};

// name:r,g,b:parts:actions
std::map<std::uint32_t, std::string> colours_of_label_map(const fs::path& file) {
  std::map<std::uint32_t, std::string> names;
  if (!fs::is_regular_file(file)) return names;
  for (const auto& line : read_lines(file)) {
    auto parts = split(line, ':');
    if (line.starts_with('#') || parts.size() < 2) continue;
    auto levels = split(parts[1], ',');
    if (levels.size() != 3) continue;
    std::uint32_t colour = 0;
    bool good = true;
    for (const auto& level : levels) {
      auto value = parse_int(trim(level));
      good = good && value && *value >= 0 && *value <= 255;
      if (good) colour = colour << 8 | static_cast<std::uint32_t>(*value);
    }
    if (good) names.emplace(colour, std::string(trim(parts[0])));
  }
  return names;
}

bool is_filler(const std::string& name) {
  return name == "background" || name == "ignored";
}

std::string name_of_value(std::uint32_t value) {
  if ((value & LabelPicture::kColour) == 0) return fmt::format("instance {}", value);
  return fmt::format("instance of colour {},{},{}", value >> 16 & 255, value >> 8 & 255, value & 255);
}

// The pixels of one instance while a picture is walked through column by column.
struct Growing {
  RunLengthMask mask;
  std::uint64_t end = 0;  // behind its last pixel
  int x0 = 0, y0 = 0, x1 = 0, y1 = 0;
  int outer_x0 = 0, outer_y0 = 0, outer_x1 = 0, outer_y1 = 0;
  std::map<std::uint32_t, std::uint64_t> votes;  // for values of the class picture

  void add(int x, int y, std::uint64_t position) {
    if (mask.counts.empty()) {
      x0 = outer_x0 = x1 = outer_x1 = x;
      y0 = outer_y0 = y1 = outer_y1 = y;
    }
    if (mask.counts.empty() || end != position) {
      mask.counts.push_back(static_cast<std::uint32_t>(position - end));
      mask.counts.push_back(0);
    }
    ++mask.counts.back();
    end = position + 1;
    x0 = std::min(x0, x), x1 = std::max(x1, x);
    y0 = std::min(y0, y), y1 = std::max(y1, y);
    reach(x, y);
  }
  void reach(int x, int y) {
    outer_x0 = std::min(outer_x0, x), outer_x1 = std::max(outer_x1, x);
    outer_y0 = std::min(outer_y0, y), outer_y1 = std::max(outer_y1, y);
  }
};

class Walk {
 public:
  Walk(const LabelPicture& objects, const LabelPicture* classes) : objects_(objects), classes_(classes) {}

  std::map<std::uint32_t, Growing> instances() {
    std::map<std::uint32_t, Growing> found;
    Growing* current = nullptr;
    std::uint32_t current_value = 0;
    std::uint64_t position = 0;
    for (int x = 0; x < objects_.width; ++x) {
      for (int y = 0; y < objects_.height; ++y, ++position) {
        auto value = at(objects_, x, y);
        if (value == 0 || value == kVoid) continue;
        if (current == nullptr || value != current_value) {
          current = &found[value];
          current_value = value;
        }
        current->add(x, y, position);
        if (classes_ != nullptr) ++current->votes[at(*classes_, x, y)];
        for (auto [dx, dy] : {std::pair(-1, 0), {1, 0}, {0, -1}, {0, 1}})
          reach_over_void(*current, x, y, dx, dy);
      }
    }
    for (auto& [value, instance] : found) {
      instance.mask.height = objects_.height;
      instance.mask.width = objects_.width;
      if (instance.end < position)
        instance.mask.counts.push_back(static_cast<std::uint32_t>(position - instance.end));
    }
    return found;
  }

 private:
  static std::uint32_t at(const LabelPicture& picture, int x, int y) {
    return picture.values[static_cast<std::size_t>(y) * static_cast<std::size_t>(picture.width) +
                          static_cast<std::size_t>(x)];
  }
  bool is_void(int x, int y) const {
    return x >= 0 && y >= 0 && x < objects_.width && y < objects_.height && at(objects_, x, y) == kVoid;
  }
  void reach_over_void(Growing& instance, int x, int y, int dx, int dy) const {
    if (!is_void(x + dx, y + dy)) return;
    while (is_void(x + dx, y + dy)) x += dx, y += dy;
    instance.reach(x, y);
  }

  const LabelPicture& objects_;
  const LabelPicture* classes_;
};

bool may_be(const VocInstance& instance, const VocTarget& target) {
  bool same_class = instance.class_name.empty() || instance.class_name == target.name;
  return same_class && intersection(instance.outer, target.box).area() > 0;
}

struct Pair {
  std::size_t instance;
  std::size_t target;
  double iou;
  bool same_number;
};

// Of the pairs of what is still free; the best first.
std::vector<Pair> close_pairs(const std::vector<VocInstance>& instances,
                              const std::vector<VocTarget>& targets) {
  constexpr double kSameObject = 0.5;
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < instances.size(); ++i) {
    for (std::size_t t = 0; t < targets.size(); ++t) {
      double share = iou(instances[i].outer, targets[t].box);
      if (share >= kSameObject && may_be(instances[i], targets[t]))
        pairs.push_back({i, t, share, instances[i].number == targets[t].number});
    }
  }
  std::stable_sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
    return a.iou != b.iou ? a.iou > b.iou : a.same_number && !b.same_number;
  });
  return pairs;
}

}  // namespace

std::vector<std::optional<std::size_t>> pair_instances(const std::vector<VocInstance>& instances,
                                                       const std::vector<VocTarget>& targets, int count) {
  std::vector<std::optional<std::size_t>> of_target(targets.size());
  std::vector<bool> taken(instances.size());
  auto join = [&](std::size_t instance, std::size_t target) {
    of_target[target] = instance;
    taken[instance] = true;
  };
  if (instances.size() == static_cast<std::size_t>(count)) {
    for (std::size_t i = 0; i < instances.size(); ++i)
      for (std::size_t t = 0; t < targets.size(); ++t)
        if (instances[i].number == targets[t].number && may_be(instances[i], targets[t])) join(i, t);
  }
  auto pairs = close_pairs(instances, targets);
  auto is_free = [&](const Pair& pair) { return !taken[pair.instance] && !of_target[pair.target]; };
  for (const auto& pair : pairs) {
    if (!is_free(pair)) continue;
    bool another = std::any_of(pairs.begin(), pairs.end(), [&](const Pair& other) {
      return &other != &pair && other.iou == pair.iou && is_free(other) &&
             (other.instance == pair.instance || other.target == pair.target);
    });
    if (pair.same_number || !another) join(pair.instance, pair.target);
  }
  return of_target;
}

double distance_to_mask(const Box& box, const VocInstance& instance) {
  auto apart = [](double side, double a, double b) {
    return std::max({0.0, std::min(a, b) - side, side - std::max(a, b)});
  };
  const auto& inner = instance.bounds;
  const auto& outer = instance.outer;
  return std::max({apart(box.x0, inner.x0, outer.x0), apart(box.y0, inner.y0, outer.y0),
                   apart(box.x1, inner.x1, outer.x1), apart(box.y1, inner.y1, outer.y1)});
}

VocMasks::VocMasks(Reading& reading, const std::vector<fs::path>& roots, const std::set<std::string>& used)
    : reading_(reading), standard_classes_(std::all_of(used.begin(), used.end(), [](const std::string& name) {
        return std::find(kVocNames.begin(), kVocNames.end(), name) != kVocNames.end();
      })) {
  for (const auto& root : roots)
    if (fs::is_directory(root / "SegmentationObject") || fs::is_directory(root / "SegmentationClass"))
      roots_.push_back({root.lexically_normal(), colours_of_label_map(root / "labelmap.txt")});
}

std::vector<VocInstance> VocMasks::instances_of(const std::string& id, std::size_t image) {
  for (const auto& root : roots_) {
    auto relative = fs::path(id).lexically_relative(root.folder);
    if (relative.empty() || *relative.begin() == "..") continue;
    auto file = root.folder / "SegmentationObject" / (relative.string() + ".png");
    auto class_file = root.folder / "SegmentationClass" / (relative.string() + ".png");
    if (!fs::is_regular_file(file)) {
      only_classes_ += fs::is_regular_file(class_file) ? 1 : 0;
      continue;
    }
    auto objects = read_picture(file, image);
    if (!objects) return {};
    std::optional<LabelPicture> classes;
    if (fs::is_regular_file(class_file)) classes = read_picture(class_file, image);
    return instances_in(*objects, classes ? &*classes : nullptr, root, file);
  }
  return {};
}

std::optional<LabelPicture> VocMasks::read_picture(const fs::path& file, std::size_t image) {
  auto frame = reading_.frame_of(image);
  try {
    return read_label_picture(read_file(file), "it", frame.width, frame.height);
  } catch (const DataError& error) {
    reading_.issue(Severity::error, "BAD_SEGMENTATION", {.path = file},
                   std::string(error.what()) + "; the picture is not used");
    return std::nullopt;
  }
}

std::string VocMasks::class_in(const LabelPicture& picture, std::uint32_t value, const Root& root) const {
  bool is_index = (value & LabelPicture::kColour) == 0;
  if (is_index && (value == 0 || value == kVoid)) return {};
  if (!root.names.empty()) {
    auto known = root.names.find(picture.colour_of(value));
    // A palette of its own colours beside a label map of VOC's.
    if (known == root.names.end() && is_index) known = root.names.find(voc_colour(value));
    return known == root.names.end() || is_filler(known->second) ? "" : known->second;
  }
  return standard_classes_ && is_index && value <= kVocNames.size() ? kVocNames[value - 1] : "";
}

std::vector<VocInstance> VocMasks::instances_in(const LabelPicture& objects, const LabelPicture* classes,
                                                const Root& root, const fs::path& file) const {
  std::vector<VocInstance> all;
  for (auto& [value, grown] : Walk(objects, classes).instances()) {
    VocInstance instance;
    instance.place = {.path = file, .pointer = name_of_value(value)};
    instance.number = (value & LabelPicture::kColour) == 0 ? static_cast<int>(value) : 0;
    instance.bounds = {static_cast<double>(grown.x0), static_cast<double>(grown.y0), grown.x1 + 1.0,
                       grown.y1 + 1.0};
    instance.outer = {static_cast<double>(grown.outer_x0), static_cast<double>(grown.outer_y0),
                      grown.outer_x1 + 1.0, grown.outer_y1 + 1.0};
    std::uint64_t most = 0;
    for (auto [class_value, votes] : grown.votes) {
      if (class_value == kVoid || votes < most) continue;
      // Two with as many pixels: neither.
      instance.class_name = votes == most ? "" : class_in(*classes, class_value, root);
      most = votes;
    }
    instance.mask = std::move(grown.mask);
    all.push_back(std::move(instance));
  }
  return all;
}

void VocMasks::add_others(std::vector<VocInstance> instances, const std::vector<VocTarget>& targets,
                          const std::vector<std::optional<std::size_t>>& of_target, int count,
                          std::size_t image) {
  for (std::size_t i = 0; i < instances.size(); ++i) {
    if (std::find(of_target.begin(), of_target.end(), i) != of_target.end()) continue;
    auto& instance = instances[i];
    std::string why;
    std::size_t candidates = 0;
    for (std::size_t t = 0; t < targets.size(); ++t)
      if (!of_target[t] && may_be(instance, targets[t])) ++candidates;
    auto what = instance.class_name.empty() ? "class not known" : instance.class_name;
    if (candidates > 0)
      why = fmt::format("it ({}) may be {} without a mask, but not for sure", what,
                        candidates == 1 ? "an object" : fmt::format("one of {} objects", candidates));
    else if (instance.number >= 1 && instance.number <= count)
      why = fmt::format("it ({}) has the number of an object of the XML, but neither its place nor its class",
                        what);
    else if (instance.class_name.empty())
      why = "it belongs to no object of the XML, and SegmentationClass does not say its class";
    if (!why.empty()) {
      reading_.issue(Severity::warning, "MASK_UNDECIDED", instance.place, why + "; left out");
      continue;
    }
    if (count > 0)
      reading_.issue(Severity::warning, "UNMATCHED_MASK", instance.place,
                     fmt::format("no object of the XML is this {}; it becomes an object of its own", what));
    Annotation annotation{.class_idx = reading_.class_of(instance.class_name)};
    annotation.shape = std::move(instance.mask);
    reading_.add_annotation(image, std::move(annotation), instance.place);
  }
}

void VocMasks::finish() {
  if (only_classes_ == 0) return;
  reading_.note(fmt::format(
      "{} of SegmentationClass without one in SegmentationObject: it says classes, no objects; not read",
      only_classes_ == 1 ? "1 picture" : fmt::format("{} pictures", only_classes_)));
}

}  // namespace ds::detail
