#include "ds/metrics/slices.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "ds/base/error.h"
#include "ds/base/random.h"
#include "ds/base/text.h"
#include "statistics/resampling.h"
#include "tables/truth_objects.h"
#include "tables/truth_order.h"

namespace ds {

namespace {

constexpr const char* kObjectsInTheImage = "objects in the image";
constexpr const char* kShapeOfTheImage = "shape of the image";
constexpr const char* kNone = "(none)";

/// Numbers by size and before texts; "11 to 30" after "2 to 4".
bool value_less(const std::string& a, const std::string& b) {
  const auto na = parse_double(a), nb = parse_double(b);
  if (na && nb && *na != *nb) return *na < *nb;
  if (na.has_value() != nb.has_value()) return na.has_value();
  if (natural_less(a, b) != natural_less(b, a)) return natural_less(a, b);
  return a < b;
}

std::vector<std::int64_t> objects_that_count(const TruthTable& truth) {
  std::vector<std::int64_t> counts(truth.images.size());
  for (const auto& object : truth.objects)
    counts.at(static_cast<std::size_t>(object.image_idx)) += detail::counts(object);
  return counts;
}

const char* range_of(std::int64_t objects) {
  if (objects == 0) return "0";
  if (objects == 1) return "1";
  if (objects <= 4) return "2 to 4";
  if (objects <= 10) return "5 to 10";
  return objects <= 30 ? "11 to 30" : "31 and more";
}

std::string shape_of(const EvalImage& image) {
  if (image.width <= 0 || image.height <= 0) return {};
  // In whole numbers, so that 1.1 itself is on one side.
  const std::int64_t w = image.width, h = image.height;
  if (10 * std::max(w, h) < 11 * std::min(w, h)) return "square";
  return w > h ? "wide" : "tall";
}

/// Images by attribute and value.
using Values = std::map<std::string, std::vector<std::int32_t>>;

void put(Values& values, const std::string& text, std::int32_t image) {
  for (const auto& line : split(text, '\n'))
    if (!line.empty()) values[line].push_back(image);
}

std::map<std::string, Values> values_by_attribute(const TruthTable& truth) {
  std::map<std::string, Values> all;
  const auto objects = objects_that_count(truth);
  for (std::size_t i = 0; i < truth.images.size(); ++i) {
    const auto image = static_cast<std::int32_t>(i);
    for (const auto& [name, value] : truth.images[i].attributes) put(all[name], value, image);
    put(all[kObjectsInTheImage], range_of(objects[i]), image);
    put(all[kShapeOfTheImage], shape_of(truth.images[i]), image);
  }
  return all;
}

/// The images that stand in no value's list.
std::vector<std::int32_t> images_without(const Values& values, std::size_t images) {
  std::vector<char> has(images);
  for (const auto& [value, list] : values)
    for (const auto i : list) has[static_cast<std::size_t>(i)] = 1;
  std::vector<std::int32_t> without;
  for (std::size_t i = 0; i < images; ++i)
    if (!has[i]) without.push_back(static_cast<std::int32_t>(i));
  return without;
}

bool is_worth_slicing(const Values& values, std::size_t images, std::size_t max_values) {
  if (values.empty() || values.size() > max_values) return false;
  if (values.size() == 1 && values.begin()->second.size() == images) return false;
  return values.size() < images;
}

/// A part of the images with what was matched there: resampling it costs no more than its share.
struct Part {
  detail::ResampledPrecision precision;
  std::size_t image_count = 0;       // of the whole truth
  std::vector<std::int32_t> images;  // by ascending id
  std::vector<std::size_t> group;    // of each of them, from 0
  std::size_t groups = 0;
};

Part part_of(const Matching& matching, const std::vector<char>& inside,
             const detail::ResamplingGroups& groups, const std::vector<std::int32_t>& order) {
  Matching own{matching.options, matching.image_count, {}};
  auto is_inside = [&](const auto& item) { return inside[static_cast<std::size_t>(item.image_idx)] != 0; };
  for (const auto& matches : matching.classes) {
    auto& kept = own.classes.emplace_back();
    std::copy_if(matches.matches.begin(), matches.matches.end(), std::back_inserter(kept.matches), is_inside);
    std::copy_if(matches.objects.begin(), matches.objects.end(), std::back_inserter(kept.objects), is_inside);
  }
  Part part{detail::ResampledPrecision(own, false), matching.image_count, {}, {}, 0};
  std::map<std::size_t, std::size_t> known;
  for (const auto image : order) {
    if (!inside[static_cast<std::size_t>(image)]) continue;
    const auto group = groups.of_image[static_cast<std::size_t>(image)];
    part.images.push_back(image);
    part.group.push_back(known.emplace(group, known.size()).first->second);
  }
  part.groups = known.size();
  return part;
}

double ap_of_resample(const Part& part, Random random) {
  std::vector<std::int32_t> times(part.groups), weights(part.image_count);
  for (std::size_t i = 0; i < part.groups; ++i) ++times[random.below(part.groups)];
  for (std::size_t i = 0; i < part.images.size(); ++i)
    weights[static_cast<std::size_t>(part.images[i])] = times[part.group[i]];
  return part.precision.ap(weights);
}

/// AP alone, in the place where a bootstrap of all numbers has it.
PairedBootstrap::Sample sample_of(double ap) {
  PairedBootstrap::Sample sample;
  sample.fill(-1);
  sample[0] = ap;
  return sample;
}

void add_intervals(const Slice& slice, const Part& part, const Part& rest, const BootstrapOptions& options,
                   SliceNumbers& numbers) {
  if (part.groups < kMinSliceGroups) return;
  const bool compare = rest.groups >= kMinSliceGroups;
  const auto count = static_cast<std::size_t>(options.resamples);
  std::vector<std::vector<PairedBootstrap::Sample>> samples(
      2, std::vector<PairedBootstrap::Sample>(count, sample_of(-1)));
  detail::for_each_resample(options.resamples, options.threads, [&](std::size_t i) {
    auto stream = [&](const char* which) {
      return Random(options.seed, fmt::format("{}-{}\n{}\n{}", which, slice.attribute, slice.value, i));
    };
    samples[1][i] = sample_of(ap_of_resample(part, stream("slice")));
    if (compare) samples[0][i] = sample_of(ap_of_resample(rest, stream("rest")));
  });
  const PairedBootstrap bootstrap(std::move(samples), part.groups, options.level);
  numbers.interval = bootstrap.of(1, 0);
  if (compare) numbers.against_the_rest = bootstrap.of_difference(0, 1, 0);
}

}  // namespace

std::vector<Slice> slices_of(const TruthTable& truth, std::size_t max_values) {
  std::vector<Slice> slices;
  for (auto& [attribute, values] : values_by_attribute(truth)) {
    if (!is_worth_slicing(values, truth.images.size(), max_values)) continue;
    auto without = images_without(values, truth.images.size());
    const auto first = slices.size();
    for (auto& [value, images] : values) slices.push_back({attribute, value, std::move(images)});
    std::sort(slices.begin() + static_cast<std::ptrdiff_t>(first), slices.end(),
              [](const auto& a, const auto& b) { return value_less(a.value, b.value); });
    if (!without.empty()) slices.push_back({attribute, kNone, std::move(without)});
  }
  return slices;
}

std::vector<SliceNumbers> slice_numbers(const TruthTable& truth, const Matching& matching,
                                        const std::vector<Slice>& slices, const BootstrapOptions& options) {
  if (matching.image_count != truth.images.size()) throw Error("a matching over another truth");
  const auto objects = objects_that_count(truth);
  const auto groups = detail::resampling_groups(truth);
  const auto order = detail::images_by_id(truth);
  const detail::ResampledPrecision whole(matching);
  std::vector<SliceNumbers> all;
  for (const auto& slice : slices) {
    std::vector<char> inside(truth.images.size()), outside(truth.images.size(), 1);
    std::vector<std::int32_t> weights(truth.images.size());
    SliceNumbers numbers;
    for (const auto image : slice.images) {
      const auto i = static_cast<std::size_t>(image);
      inside.at(i) = 1;
      outside[i] = 0;
      weights[i] = 1;
      numbers.objects += objects[i];
    }
    numbers.images = static_cast<std::int64_t>(slice.images.size());
    const auto values = whole.numbers(weights);
    numbers.ap = values[0];
    numbers.ap50 = values[1];
    if (options.resamples > 0 && numbers.objects > 0)
      add_intervals(slice, part_of(matching, inside, groups, order),
                    part_of(matching, outside, groups, order), options, numbers);
    all.push_back(numbers);
  }
  return all;
}

}  // namespace ds
