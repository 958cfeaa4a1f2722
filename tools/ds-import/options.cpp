#include "options.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/log.h"

namespace ds::import_tool {

std::vector<std::string> formats_to_read() {
  auto names = annotation_formats().names();
  names.insert(names.begin(), "auto");
  return names;
}

namespace {

/// What the formats add, bound in the order that the help text has: those named, then the others.
class OwnOptions {
 public:
  using Declared = std::vector<FormatOption> AnnotationFormat::*;

  OwnOptions(OptionSet& options, FormatOptions& values, Declared declared)
      : options_(options), values_(values) {
    for (const auto& format : annotation_formats().entries())
      for (const auto& option : format.value.*declared) left_.push_back(option);
  }

  /// @param prefix of the flag, for names that readers have too
  void bind(const std::vector<std::string>& names, const std::string& prefix = "") {
    for (const auto& name : names) bind_one(name, prefix);
  }
  void bind_others(const std::string& prefix = "") {
    while (!left_.empty()) bind_one(left_.front().name, prefix);
  }

 private:
  void bind_one(const std::string& name, const std::string& prefix) {
    const auto found = std::find_if(left_.begin(), left_.end(),
                                    [&](const FormatOption& option) { return option.name == name; });
    if (found == left_.end()) return;
    auto flag = readers_have(name) ? prefix + name : name;
    found->bind(options_, flag, values_);
    values_.call(name, flag);
    left_.erase(found);
  }
  static bool readers_have(const std::string& name) {
    const auto& formats = annotation_formats().entries();
    return std::any_of(formats.begin(), formats.end(), [&](const auto& format) {
      const auto& reading = format.value.read_options;
      return std::any_of(reading.begin(), reading.end(),
                         [&](const FormatOption& option) { return option.name == name; });
    });
  }

  OptionSet& options_;
  FormatOptions& values_;
  std::vector<FormatOption> left_;
};

}  // namespace

void bind_writing(OptionSet& options, WriteOptions& writing, const std::string& prefix) {
  options.add("with-images", writing.with_images, "copy the images too")
      .add("allow-loss", writing.allow_loss, "kinds of loss to accept, or all", "KINDS");
  OwnOptions own(options, writing.own, &AnnotationFormat::write_options);
  own.bind({"unlabelled", "coco-first-id", "voc-coords", "cvat-kind", "yolo-task", "yolo-digits"}, prefix);
  own.bind_others(prefix);
}

void bind_reading(OptionSet& options, ReadOptions& reading) {
  OwnOptions own(options, reading.own, &AnnotationFormat::read_options);
  options.group("How labels are read")
      .choice("labels-frame", reading.labels_frame, {"displayed", "raw"},
              "picture that the labels were drawn on: as shown, or as stored before EXIF orientation");
  own.bind({"voc-coords", "yolo-task", "mot-base", "createml-anchor"});
  options.add("empty-is-negative", reading.empty_is_negative,
              "COCO, CVAT and Supervisely images without annotations were looked at");
  own.bind({"merge-duplicates"});
  options.add("images", reading.images, "folder of the images, when it is not where the format says", "DIR");
  own.bind_others();
}

void bind_source(Verb& verb, SourceFlags& flags, const std::string& help) {
  verb.argument("src", flags.source, help, false);
  verb.options().choice("format", flags.options.format, formats_to_read(), "format of SRC");
  bind_reading(verb.options(), flags.options.reading);
}

SourcePictures open_source(Context& context, SourceFlags& flags,
                           const std::vector<std::string>& project_flags) {
  if (!project_flags.empty())
    throw UsageError(fmt::format("--{} is of a project, but '{}' is a dataset outside of one",
                                 project_flags[0], flags.source),
                     "leave SRC out to look at the project's images");
  flags.options.threads = context.shared.threads;
  auto pictures = read_source_pictures(flags.source, flags.options, context.progress);
  for (const auto& note : pictures.notes) log::info(note);
  for (const auto& skipped : pictures.skipped) log::warning("skipped " + skipped.reason);
  return pictures;
}

}  // namespace ds::import_tool
