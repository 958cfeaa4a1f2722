// The only file that sees CLI11: it costs seconds to compile.
#include "parse.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <set>

#include "documentation.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "short_flag.h"

namespace ds::detail {
namespace {

/// What CLI11 stores before our own types and messages take over.
struct Given {
  Option* option = nullptr;
  CLI::Option* flag = nullptr;
  std::vector<std::string> values;
  int toggled = 0;
};

struct GivenArgument {
  const Argument* argument = nullptr;
  std::vector<std::string> values;
};

struct Parser {
  CLI::App app;
  std::deque<Given> given;
  std::deque<GivenArgument> positionals;
  std::map<CLI::App*, Verb*> verb_of;

  void bind(CLI::App& target, OptionSet& set) {
    for (const auto& each : set.options()) {
      auto& slot = given.emplace_back();
      slot.option = &set.at(each.name);
      auto flags = fmt::format("--{}", each.name);
      if (auto letter = short_flag(each.name); !letter.empty()) flags += fmt::format(",{}", letter);
      if (each.is_flag) {
        slot.flag = target.add_flag_function(
            fmt::format("{},!--no-{}", flags, each.name),
            [&slot](std::int64_t count) { slot.toggled = count >= 0 ? 1 : -1; }, each.help);
      } else {
        // "N DIR": so many values follow the flag.
        const auto count = std::max<std::size_t>(1, split_words(each.placeholder).size());
        slot.flag = target.add_option(flags, slot.values, each.help)
                        ->expected(static_cast<int>(count))
                        ->allow_extra_args(false);
        if (each.is_list)
          slot.flag->take_all();
        else
          slot.flag->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
      }
    }
  }

  void bind_arguments(CLI::App& target, const Verb& verb) {
    for (const auto& argument : verb.positionals()) {
      auto& slot = positionals.emplace_back();
      slot.argument = &argument;
      auto* option = target.add_option(argument.name, slot.values, argument.help);
      if (argument.many)
        option->expected(argument.required ? 1 : 0, 1 << 20);
      else
        option->expected(1)->allow_extra_args(false);
    }
  }
};

std::string command_path(CLI::App* app) {
  std::vector<std::string> parts;
  for (; app != nullptr && app->get_parent() != nullptr; app = app->get_parent())
    parts.push_back(app->get_name());
  std::reverse(parts.begin(), parts.end());
  return join(parts, " ");
}

CLI::App* deepest_chosen(CLI::App* app) {
  for (auto chosen = app->get_subcommands(); !chosen.empty(); chosen = app->get_subcommands())
    app = chosen.front();
  return app;
}

std::string help_advice(const Parser& parser, CLI::App* where, const std::string& place) {
  auto found = parser.verb_of.find(where);
  auto advice = fmt::format("see {} --help", place);
  if (found == parser.verb_of.end() || !found->second->rest()) return advice;
  return fmt::format("{}; {} stand after --", advice, found->second->rest()->help);
}

void refuse_unknown(Tool& tool, CLI::App* where, const std::vector<std::string>& extras, Parser& parser) {
  if (extras.empty()) return;
  const auto& first = extras.front();
  auto place = where->get_parent() ? tool.name() + " " + command_path(where) : tool.name();
  if (first.starts_with("-")) {
    std::vector<std::string> known;
    auto name = first.substr(std::min(first.find_first_not_of('-'), first.size()));
    for (CLI::App* app = where; app != nullptr; app = app->get_parent())
      for (const auto* option : app->get_options())
        for (const auto& long_name : option->get_lnames()) known.push_back(long_name);
    auto near = nearest_name(name.substr(0, name.find('=')), known);
    throw UsageError(fmt::format("{} has no flag {}", place, first.substr(0, first.find('='))),
                     near ? fmt::format("did you mean --{}?", *near) : help_advice(parser, where, place));
  }
  if (parser.verb_of.contains(where))
    throw UsageError(fmt::format("{} does not expect '{}'", place, first), help_advice(parser, where, place));
  std::vector<std::string> names;
  for (const auto* child : where->get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(child->get_name());
  throw_unknown_name(fmt::format("verb of {}", place), first, names);
}

void read_values(Parser& parser, const Verb& verb) {
  for (auto& slot : parser.given) {
    if (slot.flag->count() == 0) continue;
    std::vector<std::string> values = slot.values;
    if (slot.option->is_flag) values = {slot.toggled > 0 ? "true" : "false"};
    slot.option->assign(values);
    slot.option->source = ValueSource::flag;
    slot.option->origin = "--" + slot.option->name;
  }
  for (auto& slot : parser.positionals) {
    if (std::none_of(verb.positionals().begin(), verb.positionals().end(),
                     [&](const Argument& argument) { return &argument == slot.argument; }))
      continue;
    if (slot.values.empty()) {
      if (slot.argument->required)
        throw UsageError(fmt::format("{} is missing: {}", slot.argument->name, slot.argument->help));
      continue;
    }
    slot.argument->assign(slot.values);
  }
}

/// The one rule for shared options: what a verb does not honour is refused. An environment that is there for many
/// calls (DS_THREADS) may say more than a verb needs; but nothing is changed where anything asks for a dry run.
void refuse_unhonoured(const Tool& tool, const Verb& verb, const OptionSet& shared_set,
                       const SharedOptions& shared) {
  for (const auto& option : shared_set.options()) {
    if (verb.takes(option.name)) continue;
    const bool wants_dry_run = option.name == "dry-run" && shared.dry_run;
    if (option.source != ValueSource::flag && !wants_dry_run) continue;
    const auto honoured = honoured_names(verb, shared_set);
    auto by = option.source == ValueSource::flag ? std::string() : fmt::format(" (set by {})", option.origin);
    throw UsageError(
        fmt::format("{} {} does not honour --{}{}", tool.name(), verb.path(), option.name, by),
        "leave it out; of the shared options it honours " + (honoured.empty() ? "none" : honoured));
  }
}

/// Keys of `set`, as they stand in a file.
std::vector<std::string> keys_of(const OptionSet& set) {
  std::vector<std::string> keys;
  for (const auto& option : set.options()) keys.push_back(option.key());
  return keys;
}

bool starts_with_words(const std::string& path, const std::string& words) {
  return path == words || path.starts_with(words + " ");
}

/// The verb that the leading words name, or null. Only its subcommands are given to CLI11 then: it would take
/// an argument that happens to be the name of another verb (`files set-status review a.jpg`) for that verb.
const Verb* leading_verb(const std::deque<Verb>& verbs, const OptionSet& shared_set, int argc, char** argv) {
  std::string path;
  const Verb* found = nullptr;
  for (int i = 1; i < argc; ++i) {
    std::string word = argv[i];
    if (word.starts_with("-")) {
      auto name = word.substr(std::min(word.find_first_not_of('-'), word.size()));
      for (const auto& option : shared_set.options())
        if (!option.is_flag && (option.name == name || short_flag(option.name) == word)) ++i;
      continue;
    }
    auto longer = path.empty() ? word : path + " " + word;
    bool known = false;
    for (const auto& verb : verbs) {
      known = known || starts_with_words(verb.path(), longer);
      if (verb.path() == longer) found = &verb;
    }
    if (!known) break;
    path = longer;
  }
  return found;
}

/// Cuts off what the verb takes unread, and returns it: the words behind `--`.
std::vector<std::string> take_rest(const Verb* verb, int& argc, char** argv) {
  if (verb == nullptr || !verb->rest()) return {};
  auto* mark = std::find_if(argv, argv + argc, [](const char* word) { return std::string(word) == "--"; });
  if (mark == argv + argc) return {};
  std::vector<std::string> words(mark + 1, argv + argc);
  argc = static_cast<int>(mark - argv);
  return words;
}

}  // namespace

Request parse_command_line(Tool& tool, std::deque<Verb>& verbs, OptionSet& shared_set, SharedOptions& shared,
                           int argc, char** argv) {
  Parser parser;
  auto& app = parser.app;
  app.name(tool.name());
  bool wants_version = false, wants_help = false;
  std::string generate;
  app.set_help_flag();
  app.add_flag("--help,-h", wants_help);
  app.add_flag("--version", wants_version);
  app.add_option("--generate", generate);
  app.allow_extras();
  parser.bind(app, shared_set);
  std::map<std::string, CLI::App*> apps;
  const auto* only = leading_verb(verbs, shared_set, argc, argv);
  const auto rest = take_rest(only, argc, argv);
  for (auto& verb : verbs) {
    if (only != nullptr && only != &verb) continue;
    CLI::App* parent = &app;
    std::string path;
    for (const auto& part : split_words(verb.path())) {
      path += path.empty() ? part : " " + part;
      auto& child = apps[path];
      if (child == nullptr) {
        child = parent->add_subcommand(part);
        child->set_help_flag();
        child->fallthrough();
        child->allow_extras();
      }
      parent = child;
    }
    parser.verb_of[parent] = &verb;
    parser.bind(*parent, verb.options());
    parser.bind_arguments(*parent, verb);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    throw UsageError(error.what(), fmt::format("see {} --help", tool.name()));
  }

  Request request;
  CLI::App* chosen = deepest_chosen(&app);
  auto found = parser.verb_of.find(chosen);
  request.verb = found == parser.verb_of.end() ? nullptr : found->second;
  request.verb_prefix = command_path(chosen);
  if (wants_version) return request.kind = Request::Kind::version, request;
  if (!generate.empty()) return request.kind = Request::Kind::generate, request.generate = generate, request;
  std::vector<std::string> extras;
  for (CLI::App* level = chosen; level != nullptr; level = level->get_parent())
    for (const auto& extra : level->remaining()) extras.push_back(extra);
  // Help is given for whatever else is wrong, but there is none for a verb that does not exist.
  bool no_such_verb = request.verb == nullptr && !extras.empty() && !extras.front().starts_with("-");
  if ((wants_help || argc == 1) && !no_such_verb) return request.kind = Request::Kind::help, request;
  refuse_unknown(tool, chosen, extras, parser);
  if (request.verb == nullptr)
    throw UsageError(fmt::format("{}{}{}: a verb is missing", tool.name(),
                                 request.verb_prefix.empty() ? "" : " ", request.verb_prefix),
                     fmt::format("see {} {}--help", tool.name(),
                                 request.verb_prefix.empty() ? "" : request.verb_prefix + " "));
  read_values(parser, *request.verb);
  if (!rest.empty()) request.verb->rest()->assign(rest);
  shared_set.read_environment();
  request.verb->options().read_environment();
  if (!shared.config.empty()) {
    request.verb->options().read_yaml(shared.config, keys_of(shared_set));
    shared_set.read_yaml(shared.config, keys_of(request.verb->options()));
  }
  refuse_unhonoured(tool, *request.verb, shared_set, shared);
  return request;
}

}  // namespace ds::detail
