#include "ds/cli/tool.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <thread>

#include "documentation.h"
#include "ds/base/error.h"
#include "ds/base/log.h"
#include "ds/base/process.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "errors.h"
#include "paragraphs.h"
#include "parse.h"
#include "progress_bar.h"

namespace ds {

void SharedOptions::bind(OptionSet& options) {
  options.group("Shared options")
      .add("project", project,
           "project folder; default: $DS_PROJECT, else the nearest parent with project.yaml", "DIR")
      .add("config", config, "YAML file with any of the options above", "FILE")
      .add("dump-config", dump_config, "print the effective options with their sources, then stop")
      .add("json", json, "machine-readable result on stdout")
      .add("quiet", quiet, "only errors on stderr")
      .add("verbose", verbose, "also debug messages on stderr")
      .add("progress", progress, "a progress bar, on a terminal")
      .choice("color", color, {"auto", "always", "never"}, "coloured messages; NO_COLOR is honoured")
      .add("seed", seed, "seed of everything random")
      .add("threads", threads, "threads to use; 0: all processors")
      .within(0, 1024)
      .add("dry-run", dry_run, "say what would be done and change nothing")
      .add("as", user, "act as this user; default: $DS_USER, else the login", "USER")
      .duration("lock-wait", lock_wait_s, "wait this long for a locked project");
}

std::vector<std::string> SharedOptions::names_of(Shared part) {
  switch (part) {
    case Shared::project:
      return {"project", "as", "lock-wait"};
    case Shared::user:
      return {"as"};
    case Shared::json:
      return {"json"};
    case Shared::seed:
      return {"seed"};
    case Shared::threads:
      return {"threads"};
    case Shared::dry_run:
      break;
  }
  return {"dry-run"};
}

std::string SharedOptions::effective_user() const {
  if (!user.empty()) return user;
  if (const char* name = std::getenv("DS_USER"); name != nullptr && *name != '\0') return name;
  return login_name();
}

int SharedOptions::effective_threads() const {
  if (threads > 0) return threads;
  return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

Verb& Verb::describe(std::string_view text) {
  if (!description_.empty()) description_ += "\n\n";
  description_ += detail::dedented(text);
  return *this;
}

Verb& Verb::example(std::string command) {
  examples_.push_back(std::move(command));
  return *this;
}

namespace {

std::string upper_case(std::string name) {
  for (char& c : name) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

}  // namespace

Verb& Verb::argument(std::string name, std::string& field, std::string help, bool required) {
  arguments_.push_back({upper_case(std::move(name)), std::move(help), required, false,
                        [&field](const std::vector<std::string>& values) { field = values.at(0); }});
  return *this;
}

Verb& Verb::arguments(std::string name, std::vector<std::string>& field, std::string help, bool required) {
  arguments_.push_back({upper_case(std::move(name)), std::move(help), required, true,
                        [&field](const std::vector<std::string>& values) { field = values; }});
  return *this;
}

Verb& Verb::rest(std::string name, std::vector<std::string>& field, std::string help) {
  rest_ = {upper_case(std::move(name)), std::move(help), false, true,
           [&field](const std::vector<std::string>& values) { field = values; }};
  return *this;
}

Verb& Verb::honours(std::initializer_list<Shared> parts) {
  for (auto part : parts)
    for (auto& name : SharedOptions::names_of(part)) honoured_.push_back(std::move(name));
  return *this;
}

bool Verb::takes(std::string_view shared_option) const {
  static constexpr std::array<std::string_view, 6> kOfTheFrame = {"config",  "dump-config", "quiet",
                                                                  "verbose", "progress",    "color"};
  auto has = [&](const auto& names) {
    return std::find(names.begin(), names.end(), shared_option) != names.end();
  };
  return has(kOfTheFrame) || has(honoured_);
}

Verb& Verb::run(std::function<int(Context&)> action) {
  action_ = std::move(action);
  return *this;
}

Tool::Tool(std::string name, std::string summary, std::string_view description)
    : name_(std::move(name)), summary_(std::move(summary)), description_(detail::dedented(description)) {}

Verb& Tool::verb(std::string path, std::string summary) {
  return verbs_.emplace_back(std::move(path), std::move(summary));
}

Tool& Tool::library(std::string name, std::string version) {
  libraries_.emplace_back(std::move(name), std::move(version));
  return *this;
}

int Tool::run(int argc, char** argv) {
  return detail::guarded(name_, [&] { return run_parsed(argc, argv); });
}

void Tool::read(std::vector<std::string> words, SharedOptions& shared, OptionSet& shared_set) {
  words.insert(words.begin(), name_);
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  auto request = detail::parse_command_line(*this, verbs_, shared_set, shared, static_cast<int>(argv.size()),
                                            argv.data());
  if (request.kind != detail::Request::Kind::run)
    throw UsageError(fmt::format("'{}' asks for help, not for work", join(words, " ")));
}

int Tool::run_parsed(int argc, char** argv) {
  using Kind = detail::Request::Kind;
  SharedOptions shared;
  OptionSet shared_set;
  shared.bind(shared_set);
  auto request = detail::parse_command_line(*this, verbs_, shared_set, shared, argc, argv);
  Output out;
  switch (request.kind) {
    case Kind::version:
      out.text(detail::version_text(*this));
      break;
    case Kind::generate:
      out.text(detail::generate(*this, shared_set, request.generate));
      break;
    case Kind::help:
      if (request.verb != nullptr)
        out.text(detail::verb_help(*this, *request.verb, shared_set));
      else if (!request.verb_prefix.empty())
        out.text(detail::group_help(*this, request.verb_prefix));
      else
        out.text(detail::tool_help(*this));
      break;
    case Kind::run:
      break;
  }
  if (request.kind != Kind::run) return out.flush(), 0;
  if (shared.dump_config) {
    out.text(request.verb->options().dump_yaml());
    return out.flush(), 0;
  }
  auto level = shared.quiet ? log::Level::error : shared.verbose ? log::Level::debug : log::Level::info;
  auto color = shared.color == "always"                                        ? log::Color::always
               : shared.color == "never" || std::getenv("NO_COLOR") != nullptr ? log::Color::never
                                                                               : log::Color::automatic;
  log::configure(level, color);
  install_stop_handlers();
  std::unique_ptr<Progress> bar;
  if (shared.progress && !shared.quiet && isatty(STDERR_FILENO) != 0) bar = detail::make_progress_bar();
  Context context{name_, shared, out, bar ? *bar : no_progress()};
  int code = request.verb->execute(context);
  out.flush();
  return code;
}

}  // namespace ds
