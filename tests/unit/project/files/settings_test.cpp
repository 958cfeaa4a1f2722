#include "ds/project/settings.h"

#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

struct SettingsFile {
  TemporaryFolder folder;
  std::filesystem::path path = folder.path() / "project.yaml";
  std::string refusal_of(const std::string& text) const {
    write_file_atomically(path, text);
    return message_of<FormatError>([&] { read_settings(path); });
  }
};

}  // namespace

TEST_CASE("settings survive the round trip through project.yaml, whatever the texts hold") {
  SettingsFile file;
  ProjectSettings settings{.name = "yes",
                           .description = "a: b # not a comment \"quoted\" \\ \n two lines",
                           .category = "caf\xC3\xA9",
                           .review_required = true,
                           .reviews_needed = 2,
                           .split_train = 0.6,
                           .split_val = 0.1,
                           .split_test = 0.3,
                           .split_key = "0123",
                           .group_pattern = "^(cam\\d+)/"};
  settings.notifications.push_back({.kind = "mail",
                                    .target = "ann@example.org",
                                    .events = {"run-done", "model-promoted"},
                                    .parameters = {{"smtp", "smtp://host:25"}}});
  settings.notifications.push_back({.kind = "command", .target = "notify-send 'ds: done'"});
  write_settings(file.path, settings);
  auto read = read_settings(file.path);
  REQUIRE(read.name == "yes");
  REQUIRE(read.description == settings.description);
  REQUIRE(read.category == settings.category);
  REQUIRE(read.review_required);
  REQUIRE(read.reviews_needed == 2);
  REQUIRE(read.split_train == 0.6);
  REQUIRE(read.split_val == 0.1);
  REQUIRE(read.split_test == 0.3);
  REQUIRE(read.split_key == "0123");
  REQUIRE(read.group_pattern == "^(cam\\d+)/");
  REQUIRE(read.notifications.size() == 2);
  REQUIRE(read.notifications[0].kind == "mail");
  REQUIRE(read.notifications[0].target == "ann@example.org");
  REQUIRE(read.notifications[0].events == std::vector<std::string>{"run-done", "model-promoted"});
  REQUIRE(read.notifications[0].parameters == settings.notifications[0].parameters);
  REQUIRE(read.notifications[1].target == "notify-send 'ds: done'");
  REQUIRE(read.notifications[1].events.empty());
}

TEST_CASE("project.yaml explains its keys to the person who edits it") {
  SettingsFile file;
  write_settings(file.path, {.name = "n"});
  auto text = read_file(file.path);
  REQUIRE(text.find("# With required: true an annotated image goes to review") != std::string::npos);
  REQUIRE(text.find("notifications: []\n") != std::string::npos);
}

TEST_CASE("an unknown key of project.yaml is refused with its place") {
  SettingsFile file;
  auto path = file.path.string();
  REQUIRE(file.refusal_of("format: 1\nnmae: x\n") ==
          path +
              ":2:1: unknown key 'nmae' in the project; known: format, name, description, category, task, "
              "review, split, notifications\n  nmae: x\n  ^");
  REQUIRE(advice_of<FormatError>([&] { read_settings(file.path); }) == "did you mean 'name'?");
  REQUIRE(file.refusal_of("format: 1\nsplit:\n  train: 1\n  val: 0\n  tset: 0\n") ==
          path +
              ":5:3: unknown key 'tset' in split; known: train, val, test, key, group_pattern\n"
              "    tset: 0\n    ^");
}

TEST_CASE("wrong values of project.yaml are refused with both values") {
  SettingsFile file;
  auto path = file.path.string();
  // 0.7 + 0.2 + 0.2 = 1.1
  REQUIRE(file.refusal_of("format: 1\nsplit: {train: 0.7, val: 0.2, test: 0.2}\n") ==
          path +
              ":2:8: the shares train 0.7, val 0.2 and test 0.2 sum to 1.1, expected 1\n"
              "  split: {train: 0.7, val: 0.2, test: 0.2}\n         ^");
  REQUIRE(file.refusal_of("format: 1\nreview: {required: perhaps}\n") ==
          path +
              ":2:20: found 'perhaps', expected true or false\n"
              "  review: {required: perhaps}\n                     ^");
  REQUIRE(file.refusal_of("format: 1\nname: x\nname: y\n") ==
          path + ":3:1: key 'name' stands twice\n  name: y\n  ^");
  REQUIRE(
      file.refusal_of("format: 1\nnotifications:\n  - kind: pigeon\n") ==
      path +
          ":3:11: unknown kind 'pigeon'; known: command, webhook, mail\n    - kind: pigeon\n            ^");
  REQUIRE(file.refusal_of("format: 1\nnotifications:\n  - kind: mail\n") ==
          path + ":3:5: a notification needs a target\n    - kind: mail\n      ^");
  REQUIRE(file.refusal_of("name: x\n") == path + ":1:1: the key 'format' is missing; expected format: 1");
  REQUIRE(file.refusal_of("format: 1\nsplit: {group_pattern: \"(\"}\n")
              .starts_with(path + ":2:24: '(' is not a regular expression: "));
}

TEST_CASE("a newer project.yaml is refused with advice, even when it has unknown keys") {
  SettingsFile file;
  REQUIRE(file.refusal_of("hologram: 3\nformat: 2\n") ==
          file.path.string() +
              ":2:9: the project has format 2; this version of ds reads format 1\n  format: 2\n          ^");
  REQUIRE(advice_of<FormatError>([&] { read_settings(file.path); }) ==
          "update ds, or work with the ds that wrote it");
}
