#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/hash.h"
#include "ds/project/project.h"
#include "ds/runs/folder.h"
#include "loop/setup.h"
#include "loop/training_loop.h"
#include "ranks/message.h"
#include "session/run_order.h"

namespace ds::detail {
namespace {

constexpr const char* kOrder = "what to train next";

/// A text that differs when images, splits or boxes do.
std::string digest_of(const TrainData& data) {
  Sha256 hash;
  for (const auto* images : {&data.train, &data.val, &data.test}) {
    hash.update(fmt::format("{} images\n", images->size()));
    for (const auto& image : *images) {
      hash.update(fmt::format("{} {}x{}\n", image.name, image.width, image.height));
      for (const auto& object : image.objects)
        hash.update(fmt::format("{} {} {} {} {} {}\n", object.class_idx, object.ignore, object.box.x0,
                                object.box.y0, object.box.x1, object.box.y1));
    }
  }
  return fmt::format("{} train, {} val and {} test images of {} ({:.12})", data.train.size(), data.val.size(),
                     data.test.size(), data.snapshot_id, hash.hex());
}

/// The same steps as rank 0's run, without its record, its files and its words.
void follow_run(const RunOrder& order, const RunFolder& folder, const TrainData& data, Ranks& ranks) {
  auto config = run_config_from_text(order.config, folder.config().string());
  config.options.validate();
  const auto& options = config.options;
  TrainingLoop::Inputs inputs{options, input_of(options), order.run_id, title_of(options), {}};
  inputs.pause_epoch = order.pause_epoch;
  inputs.pause_elapsed_s = order.pause_elapsed_s;
  TrainingLoop loop(std::move(inputs), data, folder, no_progress(), ranks);
  if (order.conclude)
    loop.resumed();
  else
    loop.run({});
  if (!order.conclude && loop.is_paused()) return;
  loop.load_best();
  loop.score(data.val, data.val_truth);
  if (!data.test.empty()) loop.score(data.test, data.test_truth);
}

}  // namespace

Ranks& ranks_of(const TrainHooks& hooks) {
  static Ranks alone;
  return hooks.ranks != nullptr ? *hooks.ranks : alone;
}

void give_order(Ranks& ranks, const std::optional<RunOrder>& order) {
  MessageWriter writer;
  writer.put(order.has_value());
  if (order) {
    for (const auto* text : {&order->run_id, &order->snapshot_id, &order->config}) writer.put_text(*text);
    writer.put(order->pause_epoch);
    writer.put(order->pause_elapsed_s);
    writer.put(order->conclude);
  }
  ranks.broadcast(writer.take(), kOrder);
}

std::optional<RunOrder> next_order(Ranks& ranks) {
  auto bytes = ranks.broadcast(std::string(), kOrder);
  MessageReader reader(bytes);
  if (!reader.get<bool>()) return std::nullopt;
  RunOrder order;
  for (auto* text : {&order.run_id, &order.snapshot_id, &order.config}) *text = reader.get_text();
  order.pause_epoch = reader.get<int>();
  order.pause_elapsed_s = reader.get<double>();
  order.conclude = reader.get<bool>();
  return order;
}

void require_same_data(Ranks& ranks, const std::function<const TrainData&()>& data) {
  if (ranks.alone()) return;
  auto digests = ranks.together("comparing the data", [&] { return digest_of(data()); });
  for (std::size_t i = 1; i < digests.size(); ++i)
    if (digests[i] != digests.front())
      throw DataError(
          fmt::format("the ranks differ: rank 0 sees {}, rank {} sees {}", digests.front(), i, digests[i]),
          "all ranks must see the same project folder");
}

}  // namespace ds::detail

namespace ds {

void follow_training(Project& project, Ranks& ranks) {
  std::optional<TrainData> data;
  while (auto order = detail::next_order(ranks)) {
    try {
      detail::require_same_data(ranks, [&]() -> const TrainData& {
        if (!data || data->snapshot_id != order->snapshot_id)
          data = load_train_data(project, order->snapshot_id);
        return *data;
      });
      detail::follow_run(*order, RunFolder(project.folder() / "runs" / order->run_id), *data, ranks);
    } catch (const Interrupted&) {
      throw;
    } catch (const Busy& error) {
      if (ranks.broken())
        throw Busy(error.what(), fmt::format("when that has passed, continue with: ds-train run --resume {}",
                                             order->run_id));
    } catch (const std::exception&) {
      // Rank 0 failed alike: it keeps the reason, and says whether there is another model to train.
      if (ranks.broken()) throw;
    }
  }
}

}  // namespace ds
