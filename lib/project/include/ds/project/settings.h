#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace ds {

/// One `notifications:` entry of project.yaml: where to tell people that something they
/// wait for has happened.
struct NotificationSettings {
  std::string kind;                 // "command", "webhook", "mail"
  std::string target;               // command line, URL, or mail address
  std::vector<std::string> events;  // event kinds; empty: all that people wait for
  std::map<std::string, std::string>
      parameters;  // smtp: "smtp://host:25", from: ..., user: ..., token_file: ...
};

/// project.yaml: what a person may edit.
struct ProjectSettings {
  int format = 1;
  std::string name;
  std::string description;
  std::string category;
  std::string task = "detection";
  bool review_required = false;  // annotate -> review -> done, else annotate -> done
  int reviews_needed = 1;
  double split_train = 0.7;  // shares of newly added groups; they sum to 1
  double split_val = 0.15;
  double split_test = 0.15;
  std::string split_key;  // key of the hash that fixes each group's split; made by init
  std::string
      group_pattern;  // regular expression on image names; its first capture is the group; empty: each image
  std::vector<NotificationSettings> notifications;
};

/// Throws FormatError with the place for anything wrong; a newer `format` is refused with advice.
ProjectSettings read_settings(const std::filesystem::path& project_yaml);
/// Writes atomically, with comments that explain each key.
void write_settings(const std::filesystem::path& project_yaml, const ProjectSettings& settings);

}  // namespace ds
