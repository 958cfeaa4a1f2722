#include "loop/replicas.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include "ds/base/error.h"
#include "ds/base/random.h"
#include "ds/nn/networks.h"
#include "loop/progression.h"
#include "loop/setup.h"
#include "ranks/threads.h"

#include <catch2/catch.hpp>

namespace {

constexpr int kSide = 64;

/// Noise with a box in every image but the last.
ds::Batch noise(int count) {
  ds::Batch batch;
  batch.count = count;
  batch.height = batch.width = kSide;
  ds::Random random(3);
  for (int i = 0; i < count * kSide * kSide * 3; ++i)
    batch.pixels.push_back(static_cast<std::uint8_t>(random.below(256)));
  for (int i = 0; i < count; ++i) {
    batch.objects.emplace_back();
    if (i + 1 < count) batch.objects.back().push_back({{4.0 + i, 8, 40, 44}, i % 2});
  }
  return batch;
}

ds::Batch slice_of(const ds::Batch& batch, int first, int last) {
  ds::Batch slice = batch;
  slice.count = last - first;
  const auto image = kSide * kSide * 3;
  slice.pixels.assign(batch.pixels.begin() + first * image, batch.pixels.begin() + last * image);
  slice.objects.assign(batch.objects.begin() + first, batch.objects.begin() + last);
  return slice;
}

struct Result {
  at::Tensor gradients;
  at::Tensor statistics;
  ds::detail::StepLoss loss;
};

Result step_on(ds::Ranks& ranks, const ds::Batch& batch, int replicas) {
  // The generator is every thread's: values are made equal afterwards.
  auto make = [] { return ds::make_detector_net("yolox-nano", 2); };
  ds::detail::BatchShare share = {batch.count, replicas, ranks.rank(), ranks.size()};
  ds::detail::WorkerTeam team(share.local_replicas(), 1);
  ds::detail::Replicas nets(make(), make, team, share, ranks, {});
  auto& flat = nets.parameters();
  flat.values.copy_(at::sin(at::arange(flat.values.numel(), at::kFloat)) * 0.1);
  auto loss = nets.step([&] { return slice_of(batch, share.first(), share.last()); }, {});
  return {flat.gradients.clone(), flat.statistics.clone(), loss};
}

}  // namespace

TEST_CASE("a batch's slices cover it, whatever divides it") {
  for (int ranks : {1, 2, 3})
    for (int replicas : {ranks, 2 * ranks, 3 * ranks}) {
      int expected = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        ds::detail::BatchShare share = {10, replicas, rank, ranks};
        REQUIRE(share.first() == expected);
        expected = share.last();
      }
      REQUIRE(expected == 10);
    }
}

TEST_CASE("gradients, statistics and losses do not depend on the number of ranks") {
  // Nine images over four replicas: 2, 2, 2 and 3.
  auto batch = noise(9);
  ds::Ranks alone;
  auto expected = step_on(alone, batch, 4);
  REQUIRE(expected.gradients.abs().sum().item<double>() > 0);
  for (int size : {2, 4}) {
    std::vector<Result> results(static_cast<std::size_t>(size));
    auto thrown = ds::test::on_ranks(size, [&](ds::Ranks& ranks) {
      results[static_cast<std::size_t>(ranks.rank())] = step_on(ranks, batch, 4);
    });
    for (const auto& text : thrown) REQUIRE(text.empty());
    for (const auto& result : results) {
      REQUIRE(at::equal(result.gradients, expected.gradients));
      REQUIRE(at::equal(result.statistics, expected.statistics));
      REQUIRE(result.loss.total == expected.loss.total);
      REQUIRE(result.loss.parts == expected.loss.parts);
      REQUIRE(result.loss.num_foreground == expected.loss.num_foreground);
    }
  }
}

TEST_CASE("replicas are counted over all ranks") {
  ds::TrainOptions options;
  options.device = "cpu";
  options.threads = 2;
  options.batch = 16;
  REQUIRE(ds::detail::replica_count(options) == 2);
  REQUIRE(ds::detail::replica_count(options, 2) == 4);
  REQUIRE(ds::detail::replica_count(options, 8) == 8);
  options.replicas = 4;
  REQUIRE(ds::detail::replica_count(options, 2) == 4);
  REQUIRE_THROWS_WITH(ds::detail::replica_count(options, 3), "4 replicas cannot be shared over 3 ranks");
  options.replicas = 0;
  options.batch = 2;
  REQUIRE_THROWS_WITH(ds::detail::replica_count(options, 4),
                      "--batch 2: there are 4 replicas, and each needs an image");
}

TEST_CASE("a checkpoint's progression keeps the loss scale, and does without in older files") {
  ds::detail::Progression progression;
  progression.loss_scale = {512, 77};
  auto text = ds::detail::to_json_text(progression);
  auto read = ds::detail::progression_from_json(text, "last.ckpt");
  REQUIRE(read.loss_scale.value == 512);
  REQUIRE(read.loss_scale.steps == 77);
  const std::string added = R"("loss_scale":512.0,"steps_at_scale":77,)";
  REQUIRE(text.find(added) != std::string::npos);
  text.erase(text.find(added), added.size());
  REQUIRE(ds::detail::progression_from_json(text, "last.ckpt").loss_scale.value == 65'536);
}
