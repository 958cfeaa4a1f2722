#include <algorithm>
#include <filesystem>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/media/synthetic_scene.h"
#include "ds/train/batch_loader.h"

#include <catch2/catch.hpp>

namespace {

namespace fs = std::filesystem;

std::vector<ds::TrainImage> scene_images(const fs::path& folder, int count) {
  ds::SceneOptions scene;
  scene.images = count;
  scene.width = 80;
  scene.height = 60;
  auto dataset = ds::write_scene_images(scene, folder);
  std::vector<ds::TrainImage> images;
  for (const auto& image : dataset.images) {
    ds::TrainImage item;
    item.name = image.name;
    item.file = folder / image.name;
    item.width = image.width;
    item.height = image.height;
    for (const auto& annotation : image.annotations)
      item.objects.push_back({annotation.box(), annotation.class_idx});
    images.push_back(std::move(item));
  }
  return images;
}

std::vector<ds::Batch> epoch_of(ds::PictureCache& pictures, int threads, int first_step) {
  ds::LoaderOptions options;
  options.seed = 3;
  options.batch = 4;
  options.threads = threads;
  ds::BatchLoader loader(pictures, options);
  ds::EpochPlan plan;
  plan.epoch = 2;
  plan.width = 64;
  plan.height = 64;
  loader.start(plan, first_step);
  std::vector<ds::Batch> batches;
  for (int step = first_step; step < loader.steps_per_epoch(); ++step) batches.push_back(loader.next());
  return batches;
}

bool same(const ds::Batch& a, const ds::Batch& b) {
  return a.values == b.values && a.objects == b.objects;
}

}  // namespace

TEST_CASE("an epoch holds every image and whole batches") {
  ds::LoaderOptions options;
  options.batch = 4;
  auto order = ds::epoch_order(10, options, 0);
  // ceil(10 / 4) * 4 = 12
  REQUIRE(order.size() == 12);
  for (std::size_t i = 0; i < 10; ++i) REQUIRE(std::count(order.begin(), order.end(), i) >= 1);
  REQUIRE(ds::epoch_order(10, options, 0) == order);
  REQUIRE(ds::epoch_order(10, options, 1) != order);
}

TEST_CASE("repeats bring an image up more often, and every epoch has as many batches") {
  ds::LoaderOptions options;
  options.batch = 2;
  options.repeats = {1, 2.5, 1, 1};
  // 1 + 2.5 + 1 + 1 = 5.5, in batches of two: 6
  for (int epoch = 0; epoch < 5; ++epoch) {
    auto order = ds::epoch_order(4, options, epoch);
    REQUIRE(order.size() == 6);
    REQUIRE(std::count(order.begin(), order.end(), 1U) >= 1);
  }
}

TEST_CASE("neither the number of threads, nor the cache, nor where an epoch is entered changes a batch") {
  ds::TemporaryFolder folder;
  auto images = scene_images(folder.path(), 10);
  ds::PictureCache all(images, 64, 1 << 30);
  ds::PictureCache none(images, 64, 0);
  auto expected = epoch_of(all, 1, 0);
  REQUIRE(expected.size() == 3);
  auto threads = epoch_of(none, 3, 0);
  auto late = epoch_of(all, 2, 2);
  for (std::size_t i = 0; i < expected.size(); ++i) REQUIRE(same(expected[i], threads[i]));
  REQUIRE(late.size() == 1);
  REQUIRE(same(expected[2], late[0]));
  REQUIRE(none.bytes_kept() == 0);
  REQUIRE(all.bytes_kept() > 0);
}

TEST_CASE("loaders of slices make together what one loader makes") {
  ds::TemporaryFolder folder;
  ds::PictureCache pictures(scene_images(folder.path(), 10), 64, 1 << 30);
  auto whole = epoch_of(pictures, 1, 0);
  ds::LoaderOptions options;
  options.seed = 3;
  options.batch = 4;
  ds::EpochPlan plan{2, 64, 64, {}};
  for (auto [first, last] : {std::pair{0, 1}, std::pair{1, 4}}) {
    options.slice_first = first;
    options.slice_last = last;
    ds::BatchLoader loader(pictures, options);
    loader.start(plan, 1);
    auto slice = loader.next();
    REQUIRE(slice.count == last - first);
    const auto image = static_cast<std::ptrdiff_t>(64 * 64 * 3);
    REQUIRE(slice.values == std::vector<float>(whole[1].values.begin() + first * image,
                                               whole[1].values.begin() + last * image));
    REQUIRE(slice.objects == std::vector<std::vector<ds::TrainObject>>(whole[1].objects.begin() + first,
                                                                       whole[1].objects.begin() + last));
  }
}

TEST_CASE("a removed image stops the epoch with its name") {
  ds::TemporaryFolder folder;
  auto images = scene_images(folder.path(), 4);
  fs::remove(images[2].file);
  ds::PictureCache pictures(images, 64, 1 << 30);
  try {
    epoch_of(pictures, 2, 0);
    FAIL("nothing was thrown");
  } catch (const ds::Error& error) {
    REQUIRE(std::string(error.what()).find(images[2].name) != std::string::npos);
  }
}
