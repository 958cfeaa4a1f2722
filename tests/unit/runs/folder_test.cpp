#include "ds/runs/folder.h"

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/tfrecord/records.h"

#include <catch2/catch.hpp>

TEST_CASE("status and metrics read back as they were written") {
  ds::TemporaryFolder folder;
  ds::RunFolder run(folder.path());
  REQUIRE_FALSE(run.read_status());
  ds::RunStatus status;
  status.run = "r-1";
  status.epoch = 3;
  status.ap = 0.25;
  run.write_status(status);
  auto read = run.read_status();
  REQUIRE(read->run == "r-1");
  REQUIRE(read->epoch == 3);
  REQUIRE(*read->ap == 0.25);
  REQUIRE_FALSE(read->eta_s);

  for (int epoch = 1; epoch <= 3; ++epoch) {
    ds::EpochMetrics metrics;
    metrics.epoch = epoch;
    metrics.loss = 1.0 / epoch;
    metrics.parts = {{"box", 0.5}};
    if (epoch == 2) metrics.ap = 0.125;
    run.append_metrics(metrics);
  }
  auto all = run.read_metrics();
  REQUIRE(all.size() == 3);
  REQUIRE(all[2].loss == 1.0 / 3);
  REQUIRE(all[0].parts == std::vector<std::pair<std::string, double>>{{"box", 0.5}});
  REQUIRE(*all[1].ap == 0.125);
  run.truncate_metrics(1);
  REQUIRE(run.read_metrics().size() == 1);
}

TEST_CASE("a torn last line of the metrics is left out, a broken status is located") {
  ds::TemporaryFolder folder;
  ds::RunFolder run(folder.path());
  ds::EpochMetrics metrics;
  metrics.epoch = 1;
  run.append_metrics(metrics);
  auto file = folder.path() / "metrics.jsonl";
  ds::write_file_atomically(file, ds::read_file(file) + "{\"epoch\": 2, \"st");
  REQUIRE(run.read_metrics().size() == 1);
  ds::write_file_atomically(folder.path() / "status.json", "{}");
  REQUIRE_THROWS_AS(run.read_status(), ds::FormatError);
}

TEST_CASE("the event file says what the metrics say, also after going back to an older epoch") {
  ds::TemporaryFolder folder;
  ds::RunFolder run(folder.path());
  auto append = [&](int epoch, double loss) {
    ds::EpochMetrics metrics;
    metrics.epoch = epoch;
    metrics.loss = loss;
    metrics.parts = {{"box", 0.5}};
    metrics.ap = 0.25;
    metrics.class_ap = {{"disc", 0.5}, {"square", -1}};
    run.append_metrics(metrics);
    run.write_tensorboard();
  };
  auto records = [&] {
    std::vector<std::string> all;
    for (const auto& file : std::filesystem::directory_iterator(run.tensorboard()))
      ds::for_each_tf_record(file, [&](ds::TfRecord& record) { all.push_back(record.data); });
    return all;
  };
  append(1, 4);
  append(2, 3);
  auto before = records();
  REQUIRE(before.size() == 4);  // the version, the start, two epochs
  for (const char* tag : {"train/loss", "train/loss/box", "train/learning_rate", "train/gradient_norm",
                          "train/images_per_s", "val/AP", "val/AP/disc"})
    REQUIRE(before[3].find(std::string(1, static_cast<char>(std::string(tag).size())) + tag) !=
            std::string::npos);
  REQUIRE(before[3].find("square") == std::string::npos);
  run.truncate_metrics(1);
  append(2, 2.5);
  auto after = records();
  REQUIRE(after.size() == 4);
  REQUIRE(after[3] != before[3]);
}

TEST_CASE("a run's configuration reads back as it was written, and its lines say where values came from") {
  ds::TemporaryFolder folder;
  ds::RunFolder run(folder.path());
  REQUIRE(run.read_options().empty());
  ds::RunConfig config;
  config.options.batch = 4;
  config.options.seed = 7;
  config.snapshot = "s-1";
  config.group_budget_s = 900;
  run.write_config(config, {{"batch", "--batch"}});
  const auto read = run.read_config();
  REQUIRE(read.options.batch == 4);
  REQUIRE(read.options.seed == 7);
  REQUIRE(read.snapshot == "s-1");
  REQUIRE(read.group_budget_s == 900);
  for (const auto& line : run.read_options()) REQUIRE(line.origin == (line.name == "batch" ? "--batch" : ""));
}

TEST_CASE("a status whose state is none of a run's is located") {
  ds::TemporaryFolder folder;
  ds::RunFolder run(folder.path());
  run.write_status({.state = ds::RunState::stopped});
  REQUIRE(run.read_status()->state == ds::RunState::stopped);
  const auto file = folder.path() / "status.json";
  auto text = ds::read_file(file);
  text.replace(text.find("stopped"), 7, "asleep");
  ds::write_file_atomically(file, text);
  REQUIRE_THROWS_AS(run.read_status(), ds::FormatError);
}
