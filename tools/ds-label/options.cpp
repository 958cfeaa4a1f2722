#include "options.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <iterator>

#include "ds/base/error.h"
#include "ds/base/files.h"

namespace ds::label_tool {

namespace {

constexpr const char* kImageHelp = "image name, unique ending of a name, or #id";

}  // namespace

void bind_image(Verb& verb, std::string& image) {
  verb.argument("image", image, kImageHelp);
}

void bind_selection(Verb& verb, Selection& selection, const std::string& when_empty) {
  verb.arguments("image", selection.images, kImageHelp, false);
  verb.options().add("where", selection.where,
                     "choose images by a filter, such as 'status=done and class=car'; " + when_empty,
                     "FILTER");
}

void RevisionOption::bind(OptionSet& options) {
  options.add("revision", revision, "refuse (exit 75) when the image has another revision than this")
      .at_least(1);
}

std::optional<std::int64_t> RevisionOption::value() const {
  return revision ? std::optional<std::int64_t>(*revision) : std::nullopt;
}

std::string read_text(const std::string& file_or_dash) {
  if (file_or_dash != "-") {
    if (!std::filesystem::exists(file_or_dash))
      throw UsageError(fmt::format("there is no file {}", file_or_dash));
    return read_file(file_or_dash);
  }
  return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
}

}  // namespace ds::label_tool
