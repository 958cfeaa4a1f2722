#include "ds/labeling/queue.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <opencv2/imgproc.hpp>
#include <set>

#include "ds/base/hash.h"
#include "ds/base/log.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/media/image_io.h"

namespace ds {
namespace {

constexpr int kThumbnail = 8;
using Thumbnail = std::array<float, kThumbnail * kThumbnail * 3>;

std::vector<QueueItem> by_name(std::vector<Image> images, const QueueInput&) {
  std::sort(images.begin(), images.end(),
            [](const Image& a, const Image& b) { return natural_less(a.name, b.name); });
  std::vector<QueueItem> items;
  for (auto& image : images) items.push_back({std::move(image), 0});
  return items;
}

template <typename Priority>
std::vector<QueueItem> by_priority(std::vector<Image> images, const QueueInput& input, Priority priority) {
  auto items = by_name(std::move(images), input);
  for (auto& item : items) item.priority = priority(item.image);
  std::stable_sort(items.begin(), items.end(),
                   [](const QueueItem& a, const QueueItem& b) { return a.priority > b.priority; });
  return items;
}

double uncertainty_of(const Image& image) {
  double most = 0;
  for (const auto& each : image.annotations)
    if (each.proposal) most = std::max(most, 1 - std::abs(2 * each.score.value_or(1) - 1));
  return most;
}

std::vector<QueueItem> by_rarity(std::vector<Image> images, const QueueInput& input) {
  std::vector<double> labels;
  for (const auto& each : input.project.images().counts().classes)
    labels.push_back(static_cast<double>(each.annotations));
  return by_priority(std::move(images), input, [&](const Image& image) {
    double most = 0;
    for (const auto& each : image.annotations)
      if (each.proposal)
        most = std::max(most,
                        each.score.value_or(1) / (1 + labels.at(static_cast<std::size_t>(each.class_idx))));
    return most;
  });
}

Thumbnail thumbnail_of(Project& project, const Image& image) {
  DecodeOptions options;
  options.reduction = 8;
  auto small = decode_image_file(project.media().path_of(image.sha256), options);
  cv::Mat cells, numbers;
  cv::resize(small, cells, {kThumbnail, kThumbnail}, 0, 0, cv::INTER_AREA);
  cells.convertTo(numbers, CV_32FC3, 1.0 / 255);
  Thumbnail thumbnail{};
  std::copy_n(numbers.ptr<float>(), thumbnail.size(), thumbnail.begin());
  return thumbnail;
}

double distance(const Thumbnail& a, const Thumbnail& b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return std::sqrt(sum / static_cast<double>(a.size()));
}

/// Farthest point first (Gonzalez 1985; "core set" in active learning): each next one is the image whose
/// nearest neighbour among those that are labelled or chosen is farthest.
std::vector<QueueItem> by_diversity(std::vector<Image> images, const QueueInput& input) {
  auto items = by_name(std::move(images), input);
  std::vector<Thumbnail> features;
  std::vector<QueueItem> readable;
  auto known = input.project.images().list(Filter::parse("status=done"));
  std::set<std::int64_t> candidates;
  for (const auto& item : items) candidates.insert(item.image.id);
  std::erase_if(known, [&](const Image& image) { return candidates.contains(image.id); });
  input.progress.begin("looking at images", static_cast<std::int64_t>(items.size() + known.size()));
  for (auto& item : items) {
    throw_if_stopped();
    input.progress.advance();
    try {
      features.push_back(thumbnail_of(input.project, item.image));
      readable.push_back(std::move(item));
    } catch (const DataError& error) {
      log::warning(error.what());
    }
  }
  std::vector<double> nearest(readable.size(), std::numeric_limits<double>::infinity());
  auto cover = [&](const Thumbnail& chosen) {
    for (std::size_t i = 0; i < nearest.size(); ++i)
      nearest[i] = std::min(nearest[i], distance(features[i], chosen));
  };
  for (const auto& image : known) {
    throw_if_stopped();
    input.progress.advance();
    try {
      cover(thumbnail_of(input.project, image));
    } catch (const DataError& error) {
      log::warning(error.what());
    }
  }
  input.progress.end();
  auto wanted = input.amount == 0 ? readable.size() : std::min(input.amount, readable.size());
  std::vector<QueueItem> ordered;
  while (ordered.size() < wanted) {
    auto best = static_cast<std::size_t>(std::max_element(nearest.begin(), nearest.end()) - nearest.begin());
    auto priority = std::isinf(nearest[best]) ? 1 : nearest[best];
    ordered.push_back({readable[best].image, priority});
    cover(features[best]);
    nearest[best] = -1;  // taken
  }
  return ordered;
}

std::vector<QueueItem> by_chance(std::vector<Image> images, const QueueInput& input) {
  auto key = std::to_string(input.seed);
  return by_priority(std::move(images), input,
                     [&](const Image& image) { return keyed_unit(key, image.name); });
}

Registry<QueueOrder> make_orders() {
  Registry<QueueOrder> orders("order");
  orders.add("name", "natural order of the names", by_name);
  orders.add("uncertainty", "the least certain proposal first",
             [](std::vector<Image> images, const QueueInput& input) {
               return by_priority(std::move(images), input, uncertainty_of);
             });
  orders.add("diverse", "each next image is least like all before it and all labelled ones", by_diversity);
  orders.add("rare", "proposals of classes with few labels first", by_rarity);
  orders.add("random", "by a hash of the seed and the name", by_chance);
  return orders;
}

}  // namespace

const Registry<QueueOrder>& queue_orders() {
  static const auto orders = make_orders();
  return orders;
}

std::vector<QueueItem> order_images(const std::string& order, std::vector<Image> images,
                                    const QueueInput& input) {
  auto items = queue_orders().at(order).value(std::move(images), input);
  if (input.amount > 0 && items.size() > input.amount) items.resize(input.amount);
  return items;
}

}  // namespace ds
