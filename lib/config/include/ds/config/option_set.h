#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ds {

/// Where an option's value came from; a later one overrides an earlier one.
enum class ValueSource { built_in, file, environment, flag };

/// One option as help texts, files and flags see it. Bound once to a field of an options struct.
struct Option {
  std::string name;                  // kebab-case flag without dashes: "batch-size"
  std::string help;                  // one sentence: meaning, unit, special values
  std::string placeholder;           // "N", "FILE", "S"; empty for a yes/no option
  std::vector<std::string> choices;  // not empty: only these
  std::string group;                 // heading in the help text
  bool is_flag = false;              // yes/no: --x or --no-x
  bool is_list = false;              // may be repeated or comma-separated
  std::string default_text;
  ValueSource source = ValueSource::built_in;
  std::string origin;                                           // of the value: "recipe.yaml:12", "DS_SEED"
  std::function<void(const std::vector<std::string>&)> assign;  // throws UsageError
  std::function<std::vector<std::string>()> values;             // the effective value

  /// The YAML key: the name with '_' for '-'.
  std::string key() const;
};

/// Binds the fields of an options struct to flags, YAML keys, environment variables, defaults and help, once.
/// Precedence: built-in < file < environment < flag. The bound fields must outlive the set.
class OptionSet {
 public:
  /// Options added from here on stand under this heading in the help text.
  OptionSet& group(std::string title);
  OptionSet& add(std::string name, bool& field, std::string help);
  OptionSet& add(std::string name, int& field, std::string help, std::string placeholder = "N");
  OptionSet& add(std::string name, std::int64_t& field, std::string help, std::string placeholder = "N");
  OptionSet& add(std::string name, std::uint64_t& field, std::string help, std::string placeholder = "N");
  OptionSet& add(std::string name, double& field, std::string help, std::string placeholder = "X");
  OptionSet& add(std::string name, std::string& field, std::string help, std::string placeholder = "TEXT");
  OptionSet& add(std::string name, std::filesystem::path& field, std::string help,
                 std::string placeholder = "FILE");
  OptionSet& add(std::string name, std::optional<double>& field, std::string help,
                 std::string placeholder = "X");
  OptionSet& add(std::string name, std::optional<int>& field, std::string help,
                 std::string placeholder = "N");
  OptionSet& add(std::string name, std::vector<std::string>& field, std::string help,
                 std::string placeholder = "A,B");
  /// Text that must be one of `choices`.
  OptionSet& choice(std::string name, std::string& field, std::vector<std::string> choices, std::string help);
  /// Seconds, written as 90, 90s, 15m, 2h, 1d.
  OptionSet& duration(std::string name, double& field_s, std::string help);

  /// Bounds of the number added last, both allowed: a value outside is a UsageError wherever it came from. A list must
  /// hold only such numbers; an optional number may still be left out.
  OptionSet& within(double low, double high);
  OptionSet& at_least(double low);

  const std::vector<Option>& options() const { return options_; }
  /// Throws UsageError naming the known options.
  Option& at(const std::string& name);

  /// Assigns when `source` ranks at least as high as what set the value before.
  void assign(Option& option, const std::vector<std::string>& values, ValueSource source,
              const std::string& origin);
  /// Reads `key: value` pairs; an unknown key is a UsageError `file:line:col: unknown key ...`. Keys in
  /// `ignored` belong to somebody else.
  void read_yaml(const std::filesystem::path& path, const std::vector<std::string>& ignored = {});
  /// As read_yaml, from text; `name` stands in messages.
  void read_yaml_text(const std::string& text, const std::string& name,
                      const std::vector<std::string>& ignored = {});
  /// DS_<KEY> in upper case for every option.
  void read_environment();
  /// Every option as YAML with a comment that names where a changed value came from; reads back the same.
  std::string dump_yaml() const;

 private:
  Option& append(std::string name, std::string help, std::string placeholder);
  std::string group_;
  std::vector<Option> options_;
};

}  // namespace ds
