#pragma once

#include <any>
#include <concepts>
#include <functional>
#include <map>
#include <string>
#include <typeindex>
#include <utility>
#include <vector>

#include "ds/config/option_set.h"

namespace ds {

/// What single formats add to the options of reading or writing: for each format one struct of its own, which
/// stands beside it (ds/formats/voc/options.h). `{.own = VocReading{.coords = "devkit"}}` sets one; a format
/// of which nothing is set has its defaults.
class FormatOptions {
 public:
  FormatOptions() = default;
  template <typename Own>
  requires(!std::same_as<Own, FormatOptions>)
      FormatOptions(Own own) {  // NOLINT(google-explicit-constructor): one format's options are options
    of<Own>() = std::move(own);
  }

  /// Stays where it is as long as this does: flags are bound to its fields.
  template <typename Own>
  Own& of() {
    auto& held = values_[typeid(Own)];
    if (!held.has_value()) held = Own();
    return std::any_cast<Own&>(held);
  }
  template <typename Own>
  Own of() const {
    auto held = values_.find(typeid(Own));
    return held == values_.end() ? Own() : std::any_cast<const Own&>(held->second);
  }

  /// A program calls this option `flag`, not by its own name.
  void call(const std::string& name, const std::string& flag) { flags_[name] = flag; }
  /// What the user types for the option, for messages: `--to-yolo-task`.
  std::string flag(const std::string& name) const {
    auto called = flags_.find(name);
    return "--" + (called == flags_.end() ? name : called->second);
  }

 private:
  std::map<std::type_index, std::any> values_;
  std::map<std::string, std::string> flags_;
};

/// One option that a format adds to the programs that read or write datasets.
struct FormatOption {
  std::string name;  // of the flag, without dashes
  /// Binds its field of the values, which must outlive the set, to a flag: the name, or what a program calls
  /// it where another option has that.
  std::function<void(OptionSet&, const std::string& flag, FormatOptions& values)> bind;
};

/// The option for a field of a format's struct; what OptionSet::add takes.
template <typename Own, typename Field, typename... Placeholder>
FormatOption format_option(const std::string& name, Field Own::*field, const std::string& help,
                           Placeholder... placeholder) {
  return {name, [=](OptionSet& options, const std::string& flag, FormatOptions& values) {
            options.add(flag, values.of<Own>().*field, help, placeholder...);
          }};
}

/// As above for text that must be one of `choices`.
template <typename Own>
FormatOption format_choice(const std::string& name, std::string Own::*field,
                           const std::vector<std::string>& choices, const std::string& help) {
  return {name, [=](OptionSet& options, const std::string& flag, FormatOptions& values) {
            options.choice(flag, values.of<Own>().*field, choices, help);
          }};
}

}  // namespace ds
