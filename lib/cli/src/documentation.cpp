#include "documentation.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/base/version.h"
#include "paragraphs.h"
#include "short_flag.h"

namespace ds::detail {
namespace {

constexpr std::size_t kColumn = 32;
constexpr std::size_t kWidth = 100;
constexpr std::size_t kUnbroken = std::string::npos;  // a paragraph is one line

std::string entry(const std::string& left, const std::string& right) {
  std::string text = "  " + left;
  if (text.size() + 2 > kColumn)
    text += "\n" + std::string(kColumn, ' ');
  else
    text += std::string(kColumn - text.size(), ' ');
  return text + wrapped(right, kColumn, kWidth) + "\n";
}

/// Summaries are written without a capital and a full stop, to stand in a list; as a sentence they get both.
std::string sentence(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text + ".";
}

std::string flag_text(const Option& option) {
  std::string text(short_flag(option.name));
  if (!text.empty()) text += ", ";
  bool can_be_turned_off = option.is_flag && option.default_text == "true";
  text += (can_be_turned_off ? "--[no-]" : "--") + option.name;
  if (!option.placeholder.empty()) text += " " + option.placeholder;
  return text;
}

std::string help_with_default(const Option& option) {
  std::string text = option.help;
  if (option.is_flag) return option.default_text == "true" ? text + " [on]" : text;
  if (!option.default_text.empty()) text += fmt::format(" [{}]", option.default_text);
  return text;
}

/// Of the shared options those that the verb takes.
std::vector<Option> taken_by(const Verb& verb, const OptionSet& shared) {
  std::vector<Option> taken;
  for (const auto& option : shared.options())
    if (verb.takes(option.name)) taken.push_back(option);
  return taken;
}

std::string option_list(const std::vector<Option>& options, const std::string& fallback_title) {
  std::vector<std::string> groups;
  for (const auto& option : options)
    if (std::find(groups.begin(), groups.end(), option.group) == groups.end()) groups.push_back(option.group);
  std::string text;
  for (const auto& group : groups) {
    text += fmt::format("\n{}:\n", group.empty() ? fallback_title : group);
    for (const auto& option : options)
      if (option.group == group) text += entry(flag_text(option), help_with_default(option));
  }
  return text;
}

std::string usage_line(const Tool& tool, const Verb& verb) {
  std::string line = tool.name() + (verb.path().empty() ? "" : " " + verb.path());
  for (const auto& argument : verb.positionals()) {
    auto name = argument.name + (argument.many ? "..." : "");
    line += argument.required ? " " + name : " [" + name + "]";
  }
  line += " [options]";
  return verb.rest() ? line + fmt::format(" [-- {}...]", verb.rest()->name) : line;
}

std::string exit_codes() {
  return R"(
Exit codes:
  0 done   1 failed   2 wrong usage   3 bad input data   4 a gate was not met
  5 not enough data to tell   75 busy, try again   130/143 interrupted after saving
)";
}

std::string verb_lines(const Tool& tool, const std::string& prefix) {
  std::string text;
  for (const auto& verb : tool.verbs())
    if (prefix.empty() || verb.path().starts_with(prefix + " ")) text += entry(verb.path(), verb.summary());
  return text;
}

std::string markdown(const Tool& tool, const OptionSet& shared) {
  std::string text = fmt::format("## {}\n\n{}", tool.name(), reflowed(tool.description(), kUnbroken));
  for (const auto& verb : tool.verbs()) {
    text +=
        fmt::format("\n### {} {}\n\n```\n{}", tool.name(), verb.path(), verb_help(tool, verb, OptionSet{}));
    if (auto names = honoured_names(verb, shared); !names.empty())
      text += "\nShared options that it honours:\n  " + names + "\n";
    text += "```\n";
  }
  text += fmt::format(
      "\n### Shared options\n\nAll verbs take --config, --dump-config, --quiet, --verbose, --progress and --color. Of the others a "
      "verb takes those that it honours; one that it does not is refused.\n\n```{}```\n",
      option_list(shared.options(), "Shared options"));
  return text;
}

/// For scripts: a verb a line, a tab, and the shared options that it honours.
std::string verbs_table(const Tool& tool, const OptionSet& shared) {
  std::string text;
  for (const auto& verb : tool.verbs())
    text += fmt::format("{}\t{}\n", verb.path(), honoured_names(verb, shared));
  return text;
}

/// Escapes what troff would read as a command.
std::string troff(const std::string& text) {
  std::string out;
  bool line_start = true;
  for (char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    line_start = c == '\n';
  }
  return out;
}

/// Paragraphs, and lines that stay as they are.
std::string troff_paragraphs(const std::string& text) {
  std::string out;
  for (const auto& paragraph : paragraphs_of(text)) {
    if (paragraph.apart) out += ".PP\n";
    const auto line = troff(paragraph.text) + "\n";
    out += paragraph.verbatim ? ".EX\n" + line + ".EE\n" : line;
  }
  return out;
}

std::string man_page(const Tool& tool, const OptionSet& shared) {
  std::string title = tool.name();
  std::transform(title.begin(), title.end(), title.begin(), [](unsigned char c) { return std::toupper(c); });
  std::string text = fmt::format(".TH {} 1 \"\" \"ds {}\" \"ds\"\n.SH NAME\n{} \\- {}\n", title, version(),
                                 troff(tool.name()), troff(tool.summary()));
  text += fmt::format(".SH SYNOPSIS\n.B {}\n.I verb\n[arguments] [options]\n.SH DESCRIPTION\n{}",
                      troff(tool.name()), troff_paragraphs(tool.description()));
  text += ".SH VERBS\n";
  auto options_of = [](const OptionSet& set) {
    std::string list;
    for (const auto& option : set.options())
      list += fmt::format(".TP\n.B {}\n{}\n", troff(flag_text(option)), troff(help_with_default(option)));
    return list;
  };
  for (const auto& verb : tool.verbs()) {
    text += fmt::format(".SS {}\n{}", troff(usage_line(tool, verb)),
                        troff_paragraphs(sentence(verb.summary()) + "\n" + verb.description()));
    for (const auto& argument : verb.positionals())
      text += fmt::format(".TP\n.I {}\n{}\n", troff(argument.name), troff(argument.help));
    if (verb.rest())
      text += fmt::format(".TP\n.I {}\n{}\n", troff(verb.rest()->name), troff(verb.rest()->help));
    text += options_of(verb.options());
    if (auto names = honoured_names(verb, shared); !names.empty())
      text += ".PP\nShared options that it honours: " + troff(names) + "\n";
    for (const auto& example : verb.examples()) text += fmt::format(".PP\n.EX\n{}\n.EE\n", troff(example));
  }
  text += ".SH SHARED OPTIONS\n" + options_of(shared);
  text += ".SH EXIT STATUS\n" + troff(exit_codes());
  return text;
}

struct Words {
  std::string path;
  std::set<std::string> words;  // what may follow: verbs and flags
};

std::vector<Words> completion_words(const Tool& tool, const OptionSet& shared) {
  std::vector<Words> all;
  auto slot = [&all](const std::string& path) -> Words& {
    for (auto& words : all)
      if (words.path == path) return words;
    return all.emplace_back(Words{path, {}});
  };
  for (const auto& verb : tool.verbs()) {
    std::string path;
    for (const auto& part : split_words(verb.path())) {
      slot(path).words.insert(part);
      path += path.empty() ? part : " " + part;
    }
    for (const auto& set : {verb.options().options(), taken_by(verb, shared)})
      for (const auto& option : set) slot(path).words.insert("--" + option.name);
  }
  slot("").words.insert({"--help", "--version"});
  return all;
}

std::string bash_completion(const Tool& tool, const OptionSet& shared) {
  auto function = "_" + tool.name();
  std::replace(function.begin(), function.end(), '-', '_');
  std::string text = fmt::format(
      R"(# bash completion for {0}
{1}() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} path=() word
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do [[ $word == -* ]] || path+=("$word"); done
  local words=
  case "${{path[*]}}" in
)",
      tool.name(), function);
  auto all = completion_words(tool, shared);
  // The longest path first: "snapshot create x" must not end at "snapshot".
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.path.size() > b.path.size(); });
  for (const auto& [path, words] : all)
    text += fmt::format("    {}) words='{}' ;;\n", path.empty() ? "*" : fmt::format("'{}'*", path),
                        fmt::join(words, " "));
  text += fmt::format(
      R"(  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
  [[ $cur == -* ]] || mapfile -t -O ${{#COMPREPLY[@]}} COMPREPLY < <(compgen -f -- "$cur")
}}
complete -o filenames -F {} {}
)",
      function, tool.name());
  return text;
}

std::string zsh_completion(const Tool& tool, const OptionSet& shared) {
  std::string text = fmt::format(
      R"(#compdef {}
local -a path words
local word
for word in ${{words[2,CURRENT-1]}}; do [[ $word == -* ]] || path+=($word); done
case "${{path[*]}}" in
)",
      tool.name());
  auto all = completion_words(tool, shared);
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.path.size() > b.path.size(); });
  for (const auto& [path, words] : all)
    text += fmt::format("  {}) compadd -- {} ;;\n", path.empty() ? "*" : fmt::format("'{}'*", path),
                        fmt::join(words, " "));
  return text + "esac\n_files\n";
}

std::string fish_completion(const Tool& tool, const OptionSet& shared) {
  std::string text;
  std::set<std::string> seen;
  auto quoted = [](std::string help) {
    std::replace(help.begin(), help.end(), '\'', '`');
    return help;
  };
  for (const auto& verb : tool.verbs()) {
    auto parts = split_words(verb.path());
    std::string condition = "__fish_use_subcommand";
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (seen.insert(condition + parts[i]).second)
        text += fmt::format("complete -c {} -n '{}' -a {} -d '{}'\n", tool.name(), condition, parts[i],
                            i + 1 == parts.size() ? quoted(verb.summary()) : parts[i]);
      condition = fmt::format("__fish_seen_subcommand_from {}", parts[i]);
    }
    for (const auto& option : verb.options().options())
      text += fmt::format("complete -c {} -n '{}' -l {} -d '{}'\n", tool.name(), condition, option.name,
                          quoted(option.help));
  }
  for (const auto& option : shared.options())
    text += fmt::format("complete -c {} -l {} -d '{}'\n", tool.name(), option.name, quoted(option.help));
  return text;
}

}  // namespace

std::string honoured_names(const Verb& verb, const OptionSet& shared) {
  const Verb bare("", "");
  std::vector<std::string> names;
  for (const auto& option : taken_by(verb, shared))
    if (!bare.takes(option.name)) names.push_back("--" + option.name);
  return join(names, ", ");
}

std::string tool_help(const Tool& tool) {
  return fmt::format(
      R"({}: {}

{}
Usage: {} <verb> [arguments] [options]

Verbs:
{}
'{} <verb> --help' shows a verb's options; '--version' what this was built with.
{})",
      tool.name(), tool.summary(), reflowed(tool.description(), kWidth), tool.name(), verb_lines(tool, ""),
      tool.name(), exit_codes());
}

std::string group_help(const Tool& tool, const std::string& prefix) {
  return fmt::format("Usage: {} {} <verb> [arguments] [options]\n\nVerbs:\n{}", tool.name(), prefix,
                     verb_lines(tool, prefix));
}

std::string verb_help(const Tool& tool, const Verb& verb, const OptionSet& shared) {
  std::string text = fmt::format("{}\n\nUsage: {}\n", sentence(verb.summary()), usage_line(tool, verb));
  if (!verb.description().empty()) text += "\n" + reflowed(verb.description(), kWidth);
  auto arguments = verb.positionals();
  if (verb.rest()) arguments.push_back(*verb.rest());
  if (!arguments.empty()) {
    text += "\nArguments:\n";
    for (const auto& argument : arguments) text += entry(argument.name, argument.help);
  }
  text += option_list(verb.options().options(), "Options");
  text += option_list(taken_by(verb, shared), "Shared options");
  if (!verb.examples().empty()) {
    text += "\nExamples:\n";
    for (const auto& example : verb.examples()) text += "  " + example + "\n";
  }
  return text;
}

std::string version_text(const Tool& tool) {
  std::string text = fmt::format("{} {} (revision {})\n", tool.name(), version(), revision());
  auto libraries = build_libraries();
  libraries.insert(libraries.end(), tool.libraries().begin(), tool.libraries().end());
  for (const auto& [name, number] : libraries) text += fmt::format("  {:<14}{}\n", name, number);
  return text;
}

std::string generate(const Tool& tool, const OptionSet& shared, const std::string& kind) {
  if (kind == "man") return man_page(tool, shared);
  if (kind == "markdown") return markdown(tool, shared);
  if (kind == "bash") return bash_completion(tool, shared);
  if (kind == "zsh") return zsh_completion(tool, shared);
  if (kind == "verbs") return verbs_table(tool, shared);
  if (kind == "fish") return fish_completion(tool, shared);
  throw_unknown_name("kind of documentation", kind, {"man", "markdown", "bash", "zsh", "fish", "verbs"});
}

}  // namespace ds::detail
