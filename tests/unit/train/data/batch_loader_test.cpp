#include <algorithm>
#include <cmath>
#include <filesystem>
#include <set>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/media/synthetic_scene.h"
#include "ds/train/batch_loader.h"
#include "ds/train/train_data.h"

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

std::vector<ds::Batch> epoch_of(ds::PictureCache& pictures, int threads, int first_step,
                                const ds::MultiScale& sizes = {}) {
  ds::LoaderOptions options;
  options.seed = 3;
  options.batch = 4;
  options.threads = threads;
  ds::BatchLoader loader(pictures, options);
  ds::EpochPlan plan;
  plan.epoch = 2;
  plan.width = 64;
  plan.height = 64;
  plan.sizes = sizes;
  loader.start(plan, first_step);
  std::vector<ds::Batch> batches;
  for (int step = first_step; step < loader.steps_per_epoch(); ++step) batches.push_back(loader.next());
  return batches;
}

bool same(const ds::Batch& a, const ds::Batch& b) {
  return a.width == b.width && a.height == b.height && a.pixels == b.pixels && a.objects == b.objects;
}

constexpr ds::DrawnSides kSides{32, 96};
constexpr std::uint64_t kPlenty = 1 << 30;

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
  ds::PictureCache all(images, kSides, {kPlenty, {}});
  ds::PictureCache none(images, kSides, {});
  auto expected = epoch_of(all, 1, 0);
  REQUIRE(expected.size() == 3);
  auto threads = epoch_of(none, 3, 0);
  auto late = epoch_of(all, 2, 2);
  for (std::size_t i = 0; i < expected.size(); ++i) REQUIRE(same(expected[i], threads[i]));
  REQUIRE(late.size() == 1);
  REQUIRE(same(expected[2], late[0]));
  REQUIRE(none.bytes_kept() == 0);
  // 80x60 and its half, 40x30, of ten pictures: longer than 2 * 32 it is halved, and then no more.
  REQUIRE(all.bytes_kept() == 10 * 3 * (80 * 60 + 40 * 30));
  REQUIRE(all.pictures_decoded() >= 10);

  // Room for two pictures: others make way for those that are wanted.
  ds::PictureCache little(images, kSides, {2 * 3 * (80 * 60 + 40 * 30), {}});
  auto squeezed = epoch_of(little, 2, 0);
  for (std::size_t i = 0; i < expected.size(); ++i) REQUIRE(same(expected[i], squeezed[i]));
  REQUIRE(little.bytes_kept() == 2 * 3 * (80 * 60 + 40 * 30));

  // On the disk, written by one cache and read by the next.
  for (auto& image : images) image.sha256 = "ab" + image.name.substr(image.name.rfind('/') + 1);
  const auto kept = folder.path() / "kept";
  ds::PictureCache writing(images, kSides, {kPlenty, kept});
  auto written = epoch_of(writing, 3, 0);
  ds::PictureCache reading(images, kSides, {kPlenty, kept});
  auto read = epoch_of(reading, 1, 0);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    REQUIRE(same(expected[i], written[i]));
    REQUIRE(same(expected[i], read[i]));
  }
  REQUIRE(reading.pictures_decoded() == 0);
}

TEST_CASE("a step's size depends on seed, epoch and step, keeps the aspect and changes every few steps") {
  ds::EpochPlan plan;
  plan.epoch = 4;
  plan.width = 416;
  plan.height = 320;
  REQUIRE(ds::size_of_step(plan, 1, 7) == ds::InputSize{416, 320});
  plan.sizes = {0.75, 1.25, 3, 32};
  std::set<int> widths;
  for (int step = 0; step < 300; ++step) {
    auto size = ds::size_of_step(plan, 1, step);
    // 0.75 * 416 = 312, up to 320; 1.25 * 416 = 520, down to 512
    REQUIRE(size.width >= 320);
    REQUIRE(size.width <= 512);
    REQUIRE(size.width % 32 == 0);
    REQUIRE(size.height % 32 == 0);
    // 320 / 416 of the width, to the nearest multiple of 32
    REQUIRE(std::abs(size.height - size.width * 320 / 416) <= 16);
    REQUIRE(size == ds::size_of_step(plan, 1, step / 3 * 3));
    widths.insert(size.width);
  }
  REQUIRE(widths == std::set<int>{320, 352, 384, 416, 448, 480, 512});
  auto other = plan;
  other.epoch = 5;
  int differs = 0;
  for (int step = 0; step < 300; step += 3)
    differs += ds::size_of_step(plan, 1, step) != ds::size_of_step(other, 1, step) ? 1 : 0;
  REQUIRE(differs > 50);
}

TEST_CASE("batches of several sizes are the same however an epoch is made") {
  ds::TemporaryFolder folder;
  auto images = scene_images(folder.path(), 24);
  ds::PictureCache pictures(images, kSides, {kPlenty, {}});
  const ds::MultiScale sizes{0.5, 1.5, 1, 32};
  auto expected = epoch_of(pictures, 1, 0, sizes);
  auto threads = epoch_of(pictures, 3, 0, sizes);
  auto late = epoch_of(pictures, 2, 4, sizes);
  std::set<int> widths;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    REQUIRE(same(expected[i], threads[i]));
    REQUIRE(expected[i].pixels.size() ==
            static_cast<std::size_t>(4 * 3 * expected[i].width * expected[i].height));
    widths.insert(expected[i].width);
  }
  REQUIRE(widths.size() > 1);
  REQUIRE(late.size() == 2);
  REQUIRE(same(expected[4], late[0]));
  REQUIRE(same(expected[5], late[1]));
}

TEST_CASE("slices of the batches are the whole batches' samples") {
  ds::TemporaryFolder folder;
  auto images = scene_images(folder.path(), 8);
  ds::PictureCache pictures(images, kSides, {kPlenty, {}});
  auto whole = epoch_of(pictures, 2, 0);
  ds::LoaderOptions options;
  options.seed = 3;
  options.batch = 4;
  options.slice_first = 1;
  options.slice_last = 3;
  ds::BatchLoader loader(pictures, options);
  ds::EpochPlan plan;
  plan.epoch = 2;
  plan.width = plan.height = 64;
  loader.start(plan);
  const std::size_t stride = 64 * 64 * 3;
  for (const auto& expected : whole) {
    auto part = loader.next();
    REQUIRE(part.count == 2);
    REQUIRE(std::equal(part.pixels.begin(), part.pixels.end(), expected.pixels.begin() + stride));
    REQUIRE(part.objects[0] == expected.objects[1]);
    REQUIRE(part.objects[1] == expected.objects[2]);
    loader.recycle(std::move(part));
  }
}

TEST_CASE("companions come from the nearest positions before a sample") {
  using Window = std::pair<std::size_t, std::size_t>;
  REQUIRE(ds::companion_window(0, 10) == Window{0, 10});
  REQUIRE(ds::companion_window(9, 10) == Window{0, 10});
  REQUIRE(ds::companion_window(0, 2000) == Window{0, 512});
  REQUIRE(ds::companion_window(511, 2000) == Window{0, 512});
  REQUIRE(ds::companion_window(512, 2000) == Window{1, 512});
  REQUIRE(ds::companion_window(1999, 2000) == Window{1488, 512});
}

TEST_CASE("a large set is decoded about once an epoch although every mosaic shows four pictures") {
  ds::TemporaryFolder folder;
  auto scene = scene_images(folder.path(), 1);
  std::vector<ds::TrainImage> images(2000, scene.front());
  // Room for 1,100 of the 2,000: two windows.
  ds::PictureCache pictures(images, {16, 80}, {1100ULL * 3 * (80 * 60 + 40 * 30 + 20 * 15), {}});
  ds::LoaderOptions options;
  options.batch = 8;
  options.threads = 1;
  ds::BatchLoader loader(pictures, options);
  ds::EpochPlan plan;
  plan.width = plan.height = 32;
  loader.start(plan);
  for (int step = 0; step < loader.steps_per_epoch(); ++step) loader.recycle(loader.next());
  REQUIRE(pictures.pictures_decoded() >= 2000);
  REQUIRE(pictures.pictures_decoded() < 2100);
}

TEST_CASE("class balance brings rare classes up as its formula says, in companions too") {
  // 100 images; class 1 is on 4 of them. t = 0.25: their factor is sqrt(0.25 / 0.04) = 2.5.
  std::vector<ds::TrainImage> images(100);
  for (std::size_t i = 0; i < images.size(); ++i) images[i].objects = {{{0, 0, 9, 9}, i < 4 ? 1 : 0}};
  ds::LoaderOptions options;
  options.batch = 10;
  options.repeats = ds::repeat_factors(images, 2, 0.25);
  std::size_t rare = 0;
  std::size_t all = 0;
  for (int epoch = 0; epoch < 200; ++epoch)
    for (auto index : ds::epoch_order(images.size(), options, epoch)) {
      ++all;
      rare += index < 4 ? 1 : 0;
    }
  // 4 * 2.5 of 96 + 10 samples: 0.0943; without, 0.04
  REQUIRE(static_cast<double>(rare) / static_cast<double>(all) == Approx(10.0 / 106).epsilon(0.05));
}

TEST_CASE("pixels become the network's numbers channel by channel, in its order") {
  ds::TrainSample sample{2, 1, {10, 20, 30, 114, 114, 114}, {}};
  float values[6];
  ds::write_values(sample, {}, values);
  REQUIRE(std::vector<float>(values, values + 6) == std::vector<float>{10, 20, 30, 114, 114, 114});
  ds::write_values(sample, {ds::ChannelOrder::rgb, {0.5, 2, 1}, {30, 15, 14}}, values);
  // red (30-30)*.5, green (20-15)*2, blue (10-14)*1; then the pad
  REQUIRE(std::vector<float>(values, values + 6) == std::vector<float>{0, 10, -4, 42, 198, 100});
}

TEST_CASE("a removed image stops the epoch with its name") {
  ds::TemporaryFolder folder;
  auto images = scene_images(folder.path(), 4);
  fs::remove(images[2].file);
  ds::PictureCache pictures(images, kSides, {kPlenty, {}});
  try {
    epoch_of(pictures, 2, 0);
    FAIL("nothing was thrown");
  } catch (const ds::Error& error) {
    REQUIRE(std::string(error.what()).find(images[2].name) != std::string::npos);
  }
}
