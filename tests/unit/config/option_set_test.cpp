#include "ds/config/option_set.h"

#include <cstdlib>

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

struct Options {
  int batch_size = 8;
  double rate = 0.01;
  bool mosaic = true;
  double budget_s = 0;
  std::string optimizer = "sgd";
  std::vector<std::string> classes;
  std::optional<double> max_ms;
  OptionSet set;
  Options() {
    set.add("batch-size", batch_size, "images a step")
        .add("rate", rate, "learning rate")
        .add("mosaic", mosaic, "mosaic augmentation")
        .duration("budget", budget_s, "time to train")
        .choice("optimizer", optimizer, {"sgd", "adamw"}, "how to step")
        .add("classes", classes, "class names")
        .add("max-ms", max_ms, "latency limit");
  }
};

}  // namespace

TEST_CASE("a flag beats the environment, which beats a file, which beats the default") {
  Options options;
  options.set.read_yaml_text("batch_size: 16\nrate: 0.1\n", "r.yaml");
  REQUIRE(options.batch_size == 16);
  setenv("DS_BATCH_SIZE", "32", 1);
  options.set.read_environment();
  unsetenv("DS_BATCH_SIZE");
  REQUIRE(options.batch_size == 32);
  options.set.assign(options.set.at("batch-size"), {"64"}, ValueSource::flag, "--batch-size");
  options.set.read_yaml_text("batch_size: 16\n", "late.yaml");
  REQUIRE(options.batch_size == 64);
  REQUIRE(options.set.at("rate").origin == "r.yaml:2");
}

TEST_CASE("an unknown key names its place and the nearest key") {
  Options options;
  try {
    options.set.read_yaml_text("rate: 1\nbatchsize: 4\n", "r.yaml");
    FAIL("no error");
  } catch (const UsageError& error) {
    REQUIRE(std::string(error.what()) == "r.yaml:2:1: unknown key 'batchsize'\n  batchsize: 4\n  ^");
    REQUIRE(error.advice() == "did you mean 'batch_size'?");
  }
}

TEST_CASE("values of the wrong type are refused with their place") {
  Options options;
  REQUIRE_THROWS_WITH(options.set.read_yaml_text("rate: fast\n", "r.yaml"),
                      "r.yaml:1:1: --rate: 'fast' is not a number");
  REQUIRE_THROWS_WITH(options.set.read_yaml_text("optimizer: adam\n", "r.yaml"),
                      "r.yaml:1:1: unknown value for --optimizer 'adam'; known: sgd, adamw");
  REQUIRE_THROWS_WITH(options.set.assign(options.set.at("budget"), {"soon"}, ValueSource::flag, ""),
                      "--budget: 'soon' is not a time such as 90s, 15m, 2h, 1d");
}

TEST_CASE("the dump names sources and reads back the same") {
  Options options;
  options.set.read_yaml_text("budget: 15m\nclasses: [a, 'no', \"b c\"]\nmax_ms: 12.5\nmosaic: no\n",
                             "r.yaml");
  auto text = options.set.dump_yaml();
  REQUIRE(text.find("budget: 900  # r.yaml:1\n") != std::string::npos);
  Options again;
  again.set.read_yaml_text(text, "dump.yaml");
  REQUIRE(again.budget_s == 900);
  REQUIRE(again.classes == std::vector<std::string>{"a", "no", "b c"});
  REQUIRE(again.max_ms == 12.5);
  REQUIRE_FALSE(again.mosaic);
}

TEST_CASE("a number outside its bounds is refused, wherever it comes from") {
  double score = 0.5;
  std::optional<double> overlap;
  int amount = 3;
  OptionSet set;
  set.add("score", score, "a score").within(0, 1);
  set.add("overlap", overlap, "an overlap").within(0, 1);
  set.add("amount", amount, "how many").at_least(1);
  auto message = [&](const std::string& name, const std::string& value) {
    try {
      set.at(name).assign({value});
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  REQUIRE(message("score", "2") == "--score: '2' is not between 0 and 1");
  REQUIRE(message("score", "-0.1") == "--score: '-0.1' is not between 0 and 1");
  REQUIRE(message("score", "nan") == "--score: 'nan' is not a number");
  REQUIRE(message("amount", "0") == "--amount: '0' is not 1 or more");
  REQUIRE(message("overlap", "1.5") == "--overlap: '1.5' is not between 0 and 1");
  REQUIRE(message("overlap", "") == "");  // left out
  REQUIRE(message("score", "1") == "");
  REQUIRE(message("amount", "1") == "");
  REQUIRE(score == 1);
  REQUIRE(amount == 1);
  REQUIRE_THROWS_AS(set.read_yaml_text("score: 7\n", "x.yaml"), UsageError);
}
