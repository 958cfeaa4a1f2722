#include "ds/dataset/distribution.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <tuple>

#include "ds/base/error.h"

namespace ds {

namespace {

constexpr double kOpen = std::numeric_limits<double>::infinity();

Histogram with_edges(std::vector<double> edges) {
  const auto ranges = edges.size() - 1;
  return {std::move(edges), std::vector<std::size_t>(ranges)};
}

void count(Histogram& histogram, double value) {
  const auto above = std::upper_bound(histogram.edges.begin(), histogram.edges.end(), value);
  const auto range = above - histogram.edges.begin() - 1;
  if (range < 0) return;
  ++histogram.counts[std::min(static_cast<std::size_t>(range), histogram.counts.size() - 1)];
}

/// Whole numbers in at most about 30 ranges whose width is 1, 2 or 5 times a power of ten.
Histogram whole_number_histogram(const std::vector<double>& values) {
  if (values.empty()) return {{0, 1}, {0}};
  const double most = *std::max_element(values.begin(), values.end());
  double width = 1;
  for (int step = 0; most / width >= 30; ++step) width *= step % 3 == 1 ? 2.5 : 2;
  std::vector<double> edges = {0};
  while (edges.back() <= most) edges.push_back(edges.back() + width);
  auto histogram = with_edges(std::move(edges));
  for (const auto value : values) count(histogram, value);
  return histogram;
}

std::size_t size_of(double area) {
  return area < 32 * 32 ? 0 : area < 96 * 96 ? 1 : 2;
}

/// Values of a part until all are seen.
struct Collected {
  DatasetPart part;
  std::vector<double> sides, aspects, per_image;

  DatasetPart finish(std::size_t all_objects) {
    part.side = quantiles_of(std::move(sides));
    part.aspect = quantiles_of(std::move(aspects));
    part.objects_per_image = quantiles_of(std::move(per_image));
    if (all_objects > 0) part.share = static_cast<double>(part.objects) / static_cast<double>(all_objects);
    return std::move(part);
  }
};

/// Goes over a dataset's images once and keeps every sum for the whole, each split and each group beside one
/// another, since an image belongs to several parts at once. Groups of a single image have no part: a dataset
/// without videos would have one for every image. Shares and quantiles come at the end, when all is counted.
class Counting {
 public:
  Counting(const Dataset& dataset, const DistributionOptions& options) : dataset_(dataset) {
    result_.options = options;
    result_.class_names = dataset.classes.names();
    classes_.resize(result_.class_names.size());
    result_.tags.resize(classes_.size());
    start(whole_, "all");
    for (std::size_t i = 0; i < classes_.size(); ++i) start(classes_[i], result_.class_names[i]);
    for (std::size_t i = 0; i < splits_.size(); ++i) start(splits_[i], to_string(static_cast<Split>(i)));
    const auto cells = static_cast<std::size_t>(options.position_cells);
    result_.positions.resize(cells * cells);
    result_.side_pixels = with_edges({0, 4, 8, 16, 32, 64, 96, 128, 192, 256, 384, 512, kOpen});
    result_.side_share = with_edges({0, .01, .02, .03, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, kOpen});
    result_.box_aspect =
        with_edges({0, 1. / 5, 1. / 3, 1. / 2, 2. / 3, 4. / 5, 5. / 4, 3. / 2, 2, 3, 5, kOpen});
    result_.image_aspect =
        with_edges({0, 1. / 2, 9. / 16, 2. / 3, 3. / 4, 1, 4. / 3, 3. / 2, 16. / 9, 2, kOpen});
    std::map<std::string, std::size_t> group_images;
    for (const auto& image : dataset.images)
      if (!image.group.empty()) ++group_images[image.group];
    for (const auto& [name, images] : group_images)
      if (images > 1) start(groups_[name], name);
  }

  DatasetDistribution run() {
    for (const auto& image : dataset_.images) visit(image);
    finish();
    return std::move(result_);
  }

 private:
  void start(Collected& collected, const std::string& name) const {
    collected.part.name = name;
    collected.part.of_class.resize(classes_.size());
    collected.part.tiny.resize(result_.options.input_sizes.size());
  }

  std::vector<Collected*> parts_of(const Image& image) {
    std::vector<Collected*> parts = {&whole_, &splits_[static_cast<std::size_t>(image.split)]};
    if (auto group = groups_.find(image.group); group != groups_.end()) parts.push_back(&group->second);
    return parts;
  }

  void visit(const Image& image) {
    const auto parts = parts_of(image);
    std::map<std::size_t, std::size_t> of_class;
    std::size_t objects = 0;
    for (const auto& annotation : image.annotations) {
      if (annotation.proposal) {
        ++result_.proposals;
        continue;
      }
      ++objects;
      const auto class_idx = static_cast<std::size_t>(annotation.class_idx);
      ++of_class[class_idx];
      auto touched = parts;
      touched.push_back(&classes_.at(class_idx));
      visit(image, annotation, touched);
    }
    for (auto* collected : parts) {
      auto& part = collected->part;
      ++part.images;
      part.labelled += objects > 0;
      part.negatives += objects == 0 && image.state == ImageState::done;
      if (image.state != ImageState::unlabelled) collected->per_image.push_back(static_cast<double>(objects));
    }
    count_classes(of_class);
    for (const auto& tag : image.tags) {
      auto& of_tag = result_.tags.at(static_cast<std::size_t>(tag.class_idx));
      ++(tag.present ? of_tag.present : of_tag.absent);
    }
    ++result_.of_state[static_cast<std::size_t>(image.state)];
    if (image.time_s) videos_.insert(image.origin.empty() ? image.group : image.origin);
    if (image.width <= 0 || image.height <= 0) return;
    widths_.push_back(image.width);
    heights_.push_back(image.height);
    ++sizes_[{image.width, image.height}];
    count(result_.image_aspect, static_cast<double>(image.width) / image.height);
  }

  void count_classes(const std::map<std::size_t, std::size_t>& of_class) {
    for (auto first = of_class.begin(); first != of_class.end(); ++first) {
      auto& collected = classes_[first->first];
      ++collected.part.images;
      ++collected.part.labelled;
      collected.per_image.push_back(static_cast<double>(first->second));
      for (auto second = std::next(first); second != of_class.end(); ++second)
        ++pairs_[{static_cast<int>(first->first), static_cast<int>(second->first)}];
    }
  }

  void visit(const Image& image, const Annotation& annotation, const std::vector<Collected*>& touched) {
    const auto box = annotation.box();
    const bool proper = is_proper(box);
    result_.crowd += annotation.crowd;
    result_.difficult += annotation.difficult;
    result_.ignored += annotation.ignore;
    result_.without_area += !proper;
    ++result_.shapes[kind_name(annotation.shape)];
    ++result_.sources[to_string(annotation.source)];
    const double side = std::sqrt(box.area());
    const auto size = size_of(annotation.area.value_or(area_of(annotation.shape)));
    for (auto* collected : touched) {
      auto& part = collected->part;
      ++part.objects;
      ++part.of_class[static_cast<std::size_t>(annotation.class_idx)];
      ++part.of_split[static_cast<std::size_t>(image.split)];
      ++part.of_size[size];
      if (!proper) continue;
      collected->sides.push_back(side);
      collected->aspects.push_back(box.width() / box.height());
    }
    if (!proper) return;
    count(result_.side_pixels, side);
    count(result_.box_aspect, box.width() / box.height());
    if (image.width > 0 && image.height > 0) visit_inside(image, box, side, touched);
  }

  void visit_inside(const Image& image, const Box& box, double side, const std::vector<Collected*>& touched) {
    const double share = side / std::sqrt(static_cast<double>(image.width) * image.height);
    shares_.push_back(share);
    count(result_.side_share, share);
    const int cells = result_.options.position_cells;
    auto cell = [cells](double at, int extent) {
      return std::clamp(static_cast<int>(at / extent * cells), 0, cells - 1);
    };
    ++result_.positions[static_cast<std::size_t>(cell(box.center_y(), image.height) * cells +
                                                 cell(box.center_x(), image.width))];
    const double shorter = std::min(box.width(), box.height());
    const double longest = std::max(image.width, image.height);
    needed_.push_back(result_.options.tiny_side * longest / shorter);
    for (std::size_t i = 0; i < result_.options.input_sizes.size(); ++i)
      if (shorter * result_.options.input_sizes[i] / longest < result_.options.tiny_side)
        for (auto* collected : touched) ++collected->part.tiny[i];
  }

  void finish() {
    result_.objects_per_image = whole_number_histogram(whole_.per_image);
    const auto objects = whole_.part.objects;
    const auto images = static_cast<double>(whole_.part.images);
    result_.whole = whole_.finish(objects);
    std::size_t most = 0, least = 0;
    for (auto& collected : classes_) {
      result_.classes.push_back(collected.finish(objects));
      const auto of_class = result_.classes.back().objects;
      most = std::max(most, of_class);
      if (of_class > 0) least = least == 0 ? of_class : std::min(least, of_class);
    }
    if (least > 0) result_.imbalance = static_cast<double>(most) / static_cast<double>(least);
    for (auto split : {Split::train, Split::val, Split::test, Split::none})
      if (auto& collected = splits_[static_cast<std::size_t>(split)]; collected.part.images > 0)
        result_.splits.push_back(collected.finish(objects));
    for (auto& [name, collected] : groups_) result_.groups.push_back(collected.finish(objects));
    std::stable_sort(result_.groups.begin(), result_.groups.end(),
                     [](const auto& a, const auto& b) { return a.images > b.images; });
    result_.videos = videos_.size();
    result_.image_width = quantiles_of(std::move(widths_));
    result_.image_height = quantiles_of(std::move(heights_));
    result_.side_share_quantiles = quantiles_of(std::move(shares_));
    for (const auto& [size, count_of_size] : sizes_)
      result_.image_sizes.push_back({size.first, size.second, count_of_size});
    std::stable_sort(result_.image_sizes.begin(), result_.image_sizes.end(),
                     [](const auto& a, const auto& b) { return a.images > b.images; });
    for (const auto& [pair, both] : pairs_) {
      const auto first = static_cast<double>(result_.classes[static_cast<std::size_t>(pair.first)].images);
      const auto second = static_cast<double>(result_.classes[static_cast<std::size_t>(pair.second)].images);
      result_.pairs.push_back(
          {pair.first, pair.second, both, static_cast<double>(both) * images / (first * second)});
    }
    std::stable_sort(result_.pairs.begin(), result_.pairs.end(),
                     [](const auto& a, const auto& b) { return a.images > b.images; });
    if (result_.pairs.size() > result_.options.max_pairs) result_.pairs.resize(result_.options.max_pairs);
    if (!needed_.empty())
      result_.input_for_most =
          static_cast<int>(std::ceil(quantiles_of(std::move(needed_)).p95 / 32 - 1e-9)) * 32;
  }

  const Dataset& dataset_;
  DatasetDistribution result_;
  Collected whole_;
  std::vector<Collected> classes_;
  std::array<Collected, 4> splits_;
  std::map<std::string, Collected> groups_;
  std::set<std::string> videos_;
  std::map<std::pair<int, int>, std::size_t> sizes_, pairs_;
  std::vector<double> widths_, heights_, shares_, needed_;
};

}  // namespace

Quantiles quantiles_of(std::vector<double> values) {
  if (values.empty()) return {};
  std::sort(values.begin(), values.end());
  auto at = [&](double share) {
    const double rank = share * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::size_t>(rank);
    const auto above = std::min(below + 1, values.size() - 1);
    return values[below] + (rank - static_cast<double>(below)) * (values[above] - values[below]);
  };
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return {.count = values.size(),
          .min = values.front(),
          .p5 = at(.05),
          .p25 = at(.25),
          .median = at(.5),
          .p75 = at(.75),
          .p95 = at(.95),
          .max = values.back(),
          .mean = sum / static_cast<double>(values.size())};
}

void DistributionOptions::validate() const {
  for (const auto size : input_sizes)
    if (size < 1) throw UsageError(fmt::format("input_sizes: {} is not a size in pixels", size));
  if (!(tiny_side > 0)) throw UsageError(fmt::format("tiny_side: {} is not above 0", tiny_side));
  if (position_cells < 1 || position_cells > 1000)
    throw UsageError(fmt::format("position_cells: {} is not between 1 and 1000", position_cells));
}

DatasetDistribution distribution_of(const Dataset& dataset, const DistributionOptions& options) {
  options.validate();
  return Counting(dataset, options).run();
}

}  // namespace ds
