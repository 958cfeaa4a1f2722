#include "ds/project/settings.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <regex>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/config/yaml.h"
#include "files/format.h"

namespace ds {
using namespace detail;

namespace {

/// Reads the maps of one file; everything wrong is a FormatError with line, column and the source line.
class SettingsReader {
 public:
  SettingsReader(std::filesystem::path path, const std::string& text) : path_(std::move(path)), text_(text) {}

  using Keys = std::vector<std::pair<std::string, std::function<void(const YAML::Node&)>>>;

  void map(const YAML::Node& node, const std::string& what, const Keys& keys) const {
    if (!node.IsMap()) fail(node, fmt::format("{} must be a map", what));
    std::vector<std::string> seen;
    for (const auto& item : node) {
      auto key = item.first.as<std::string>();
      auto known = std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return k.first == key; });
      if (known == keys.end()) fail_unknown(item.first, what, key, keys);
      if (std::find(seen.begin(), seen.end(), key) != seen.end())
        fail(item.first, fmt::format("key '{}' stands twice", key));
      seen.push_back(key);
      known->second(item.second);
    }
  }

  template <typename Value>
  void scalar(const YAML::Node& node, const char* expected, Value& value) const {
    if constexpr (std::is_same_v<Value, std::string>) {
      if (node.IsNull()) {
        value.clear();
        return;
      }
    }
    if (!node.IsScalar()) fail(node, fmt::format("expected {}", expected));
    try {
      value = node.as<Value>();
    } catch (const YAML::Exception&) {
      fail(node, fmt::format("found '{}', expected {}", node.Scalar(), expected));
    }
  }

  [[noreturn]] void fail(const YAML::Node& node, const std::string& message, std::string advice = {}) const {
    long line = node.Mark().line + 1, column = node.Mark().column + 1;
    throw FormatError({.path = path_, .line = line, .column = column},
                      message + source_excerpt(text_, line, column), std::move(advice));
  }

 private:
  [[noreturn]] void fail_unknown(const YAML::Node& node, const std::string& what, const std::string& key,
                                 const Keys& keys) const {
    std::vector<std::string> names;
    for (const auto& [name, read] : keys) names.push_back(name);
    auto near = nearest_name(key, names);
    fail(node, fmt::format("unknown key '{}' in {}; known: {}", key, what, join(names, ", ")),
         near ? fmt::format("did you mean '{}'?", *near) : "");
  }

  std::filesystem::path path_;
  const std::string& text_;
};

void read_share(const SettingsReader& in, const YAML::Node& node, double& share) {
  in.scalar(node, "a number from 0 to 1", share);
  if (!(share >= 0 && share <= 1))
    in.fail(node, fmt::format("found {}, expected a number from 0 to 1", share));
}

void read_split(const SettingsReader& in, const YAML::Node& node, ProjectSettings& s) {
  in.map(node, "split",
         {{"train", [&](const YAML::Node& n) { read_share(in, n, s.split_train); }},
          {"val", [&](const YAML::Node& n) { read_share(in, n, s.split_val); }},
          {"test", [&](const YAML::Node& n) { read_share(in, n, s.split_test); }},
          {"key", [&](const YAML::Node& n) { in.scalar(n, "a text", s.split_key); }},
          {"group_pattern", [&](const YAML::Node& n) {
             in.scalar(n, "a regular expression", s.group_pattern);
             try {
               std::regex(s.group_pattern, std::regex::ECMAScript);
             } catch (const std::regex_error& error) {
               in.fail(n, fmt::format("'{}' is not a regular expression: {}", s.group_pattern, error.what()));
             }
           }}});
  double sum = s.split_train + s.split_val + s.split_test;
  if (std::abs(sum - 1) > 1e-6)
    in.fail(node, fmt::format("the shares train {}, val {} and test {} sum to {}, expected 1",
                              shortest(s.split_train), shortest(s.split_val), shortest(s.split_test),
                              fmt::format("{:.6g}", sum)));
}

void read_review(const SettingsReader& in, const YAML::Node& node, ProjectSettings& s) {
  in.map(node, "review",
         {{"required", [&](const YAML::Node& n) { in.scalar(n, "true or false", s.review_required); }},
          {"reviewers", [&](const YAML::Node& n) {
             in.scalar(n, "a whole number", s.reviews_needed);
             if (s.reviews_needed < 1)
               in.fail(n, fmt::format("found {}, expected at least 1", s.reviews_needed));
           }}});
}

NotificationSettings read_notification(const SettingsReader& in, const YAML::Node& node) {
  NotificationSettings notification;
  in.map(node, "a notification",
         {{"kind",
           [&](const YAML::Node& n) {
             in.scalar(n, "a text", notification.kind);
             static const std::vector<std::string> kKinds = {"command", "webhook", "mail"};
             if (std::find(kKinds.begin(), kKinds.end(), notification.kind) == kKinds.end())
               in.fail(n, fmt::format("unknown kind '{}'; known: {}", notification.kind, join(kKinds, ", ")));
           }},
          {"target", [&](const YAML::Node& n) { in.scalar(n, "a text", notification.target); }},
          {"events",
           [&](const YAML::Node& n) {
             if (!n.IsSequence()) in.fail(n, "events must be a list");
             for (const auto& event : n) in.scalar(event, "a text", notification.events.emplace_back());
           }},
          {"parameters", [&](const YAML::Node& n) {
             if (!n.IsMap()) in.fail(n, "parameters must be a map");
             for (const auto& item : n)
               in.scalar(item.second, "a text", notification.parameters[item.first.as<std::string>()]);
           }}});
  if (notification.kind.empty()) in.fail(node, "a notification needs a kind: command, webhook or mail");
  if (notification.target.empty()) in.fail(node, "a notification needs a target");
  return notification;
}

void read_format(const SettingsReader& in, const YAML::Node& node, int& format) {
  in.scalar(node, "a whole number", format);
  if (format > kFormat)
    in.fail(node,
            fmt::format("the project has format {}; this version of ds reads format {}", format, kFormat),
            "update ds, or work with the ds that wrote it");
  if (format < 1) in.fail(node, fmt::format("found format {}, expected {}", format, kFormat));
}

std::string notifications_yaml(const std::vector<NotificationSettings>& notifications) {
  if (notifications.empty()) return "notifications: []\n";
  std::string text = "notifications:\n";
  for (const auto& n : notifications) {
    std::vector<std::string> events;
    for (const auto& event : n.events) events.push_back(yaml_scalar(event));
    text += fmt::format("  - kind: {}\n    target: {}\n    events: [{}]\n", yaml_scalar(n.kind),
                        yaml_scalar(n.target), join(events, ", "));
    if (!n.parameters.empty()) text += "    parameters:\n";
    for (const auto& [key, value] : n.parameters)
      text += fmt::format("      {}: {}\n", yaml_scalar(key), yaml_scalar(value));
  }
  return text;
}

}  // namespace

ProjectSettings read_settings(const std::filesystem::path& project_yaml) {
  ProjectSettings s;
  auto text = read_file(project_yaml);
  SettingsReader in(project_yaml, text);
  bool has_format = false;
  auto take = [&](std::string& value) {
    return [&in, &value](const YAML::Node& n) { in.scalar(n, "a text", value); };
  };
  with_yaml_text(text, project_yaml.string(), [&](const YAML::Node& root) {
    // The format is looked at first: a newer one may have keys that are not known here.
    if (root.IsMap() && root["format"]) {
      read_format(in, root["format"], s.format);
      has_format = true;
    }
    in.map(root, "the project",
           {{"format", [](const YAML::Node&) {}},
            {"name", take(s.name)},
            {"description", take(s.description)},
            {"category", take(s.category)},
            {"task",
             [&](const YAML::Node& n) {
               in.scalar(n, "a text", s.task);
               if (s.task != "detection")
                 in.fail(n, fmt::format("unknown task '{}'; known: detection", s.task));
             }},
            {"review", [&](const YAML::Node& n) { read_review(in, n, s); }},
            {"split", [&](const YAML::Node& n) { read_split(in, n, s); }},
            {"notifications", [&](const YAML::Node& n) {
               if (!n.IsNull() && !n.IsSequence()) in.fail(n, "notifications must be a list");
               for (const auto& item : n) s.notifications.push_back(read_notification(in, item));
             }}});
  });
  if (!has_format)
    throw FormatError({.path = project_yaml, .line = 1, .column = 1},
                      fmt::format("the key 'format' is missing; expected format: {}", kFormat));
  return s;
}

void write_settings(const std::filesystem::path& project_yaml, const ProjectSettings& s) {
  std::string text = fmt::format(
      "# A ds project. You may edit this file; ds reads it at every start and refuses keys it does not "
      "know.\n"
      "# (When ds itself changes a setting it writes the file anew, with these comments.)\n"
      "format: {}\n"
      "\n"
      "name: {}\n"
      "description: {}\n"
      "category: {}\n"
      "task: {}\n"
      "\n"
      "# With required: true an annotated image goes to review before it is done, and needs this many "
      "approvals.\n"
      "review:\n"
      "  required: {}\n"
      "  reviewers: {}\n"
      "\n"
      "# New groups of images go to train, val and test in these shares (they sum to 1) by a keyed hash: a "
      "group\n"
      "# never moves once it has a split. group_pattern is a regular expression on image names; its first\n"
      "# capture is the group (empty: each image is its own). Do not change the key of a project in use.\n"
      "split:\n"
      "  train: {}\n"
      "  val: {}\n"
      "  test: {}\n"
      "  key: {}\n"
      "  group_pattern: {}\n"
      "\n"
      "# Whom to tell when a run is done, a model is promoted, a review waits:\n"
      "#   - kind: command | webhook | mail\n"
      "#     target: a command line, a URL, or an address\n"
      "#     events: []          # event kinds; empty: all that people wait for\n"
      "#     parameters: {{smtp: \"smtp://host:25\", from: ds@example.org, token_file: /path}}\n",
      s.format, yaml_scalar(s.name), yaml_scalar(s.description), yaml_scalar(s.category), yaml_scalar(s.task),
      s.review_required, s.reviews_needed, shortest(s.split_train), shortest(s.split_val),
      shortest(s.split_test), yaml_scalar(s.split_key), yaml_scalar(s.group_pattern));
  write_file_atomically(project_yaml, text + notifications_yaml(s.notifications));
}

}  // namespace ds
