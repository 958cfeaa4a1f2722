#pragma once

#include <deque>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ds/base/progress.h"
#include "ds/base/table.h"
#include "ds/cli/output.h"
#include "ds/cli/shared_options.h"
#include "ds/config/option_set.h"

namespace ds {

/// What a verb is given to work with.
struct Context {
  const std::string& tool;  // "ds-import": who opens a project, and who stands in its journal
  SharedOptions shared;
  Output& out;
  Progress& progress;
};

/// A positional argument.
struct Argument {
  std::string name;  // in upper case: SRC
  std::string help;
  bool required = true;
  bool many = false;
  std::function<void(const std::vector<std::string>&)> assign;
};

/// One verb of a tool: `add`, or nested, `snapshot create`. Flags -> options struct -> library -> report.
/// It holds what the command line may say (arguments, options, what follows `--`), what the help says of it, and
/// the work. The options struct lives inside the verb (`keep`), because parsing writes to its fields long after the
/// function that made the verb has returned; all references into it hold as long as the Tool.
class Verb {
 public:
  Verb(std::string path, std::string summary) : path_(std::move(path)), summary_(std::move(summary)) {}
  /// Paragraphs under the usage line, written as a raw string: shared indentation goes, lines at the margin are
  /// joined and wrapped anew, a blank line ends a paragraph, indented lines stay as they are. Called again, it adds.
  Verb& describe(std::string_view text);
  /// A command line that works, shown under "Examples".
  Verb& example(std::string command);
  OptionSet& options() { return options_; }
  Verb& argument(std::string name, std::string& field, std::string help, bool required = true);
  Verb& arguments(std::string name, std::vector<std::string>& field, std::string help, bool required = true);
  /// Declares the shared options that this verb's work acts on. One that is not declared is refused (exit code 2),
  /// so that nobody who says --dry-run or --json gets something else. Called again, it adds.
  Verb& honours(std::initializer_list<Shared> parts);
  /// What follows `--` goes to `field` unread: it is the command line of something else.
  /// @param help a noun phrase: "the options of ds-x say"
  Verb& rest(std::string name, std::vector<std::string>& field, std::string help);
  /// Keeps the options struct alive as long as the verb, and hands it out:
  /// `auto& o = verb.keep<AddOptions>();`
  template <typename T>
  T& keep() {
    auto owned = std::make_shared<T>();
    kept_.push_back(owned);
    return *owned;
  }
  /// The work. Its result is the exit code; exceptions become messages and exit codes.
  Verb& run(std::function<int(Context&)> action);

  const std::string& path() const { return path_; }
  const std::string& summary() const { return summary_; }
  const std::string& description() const { return description_; }
  const std::vector<std::string>& examples() const { return examples_; }
  const std::vector<Argument>& positionals() const { return arguments_; }
  const std::optional<Argument>& rest() const { return rest_; }
  const OptionSet& options() const { return options_; }
  /// Whether the shared option of this name may be given: the frame honours it, or this verb does.
  bool takes(std::string_view shared_option) const;
  int execute(Context& context) const { return action_(context); }

 private:
  std::string path_;
  std::string summary_;
  std::string description_;
  std::vector<std::string> examples_;
  std::vector<Argument> arguments_;
  std::optional<Argument> rest_;
  std::vector<std::string> honoured_;  // names of shared options
  OptionSet options_;
  std::vector<std::shared_ptr<void>> kept_;
  std::function<int(Context&)> action_;
};

/// One of the six executables: a name, verbs, and the one catch ladder.
class Tool {
 public:
  /// @param description paragraphs, as Verb::describe takes them
  Tool(std::string name, std::string summary, std::string_view description);
  /// Names of nested verbs are separated by a blank: "review accept".
  Verb& verb(std::string path, std::string summary);
  /// Adds a line to --version: a library this tool is built with.
  Tool& library(std::string name, std::string version);
  /// Parses, runs the verb, prints errors, returns the exit code.
  int run(int argc, char** argv);
  /// Reads a command line (without the tool's name) as `run` does, into the options of the verb that it names
  /// and into `shared`, which `shared_set` is bound to; runs nothing. Throws UsageError, also for words that
  /// ask for help.
  void read(std::vector<std::string> words, SharedOptions& shared, OptionSet& shared_set);

  const std::string& name() const { return name_; }
  const std::string& summary() const { return summary_; }
  const std::string& description() const { return description_; }
  const std::deque<Verb>& verbs() const { return verbs_; }
  const std::vector<std::pair<std::string, std::string>>& libraries() const { return libraries_; }

 private:
  int run_parsed(int argc, char** argv);
  std::string name_;
  std::string summary_;
  std::string description_;
  std::deque<Verb> verbs_;
  std::vector<std::pair<std::string, std::string>> libraries_;
};

}  // namespace ds
