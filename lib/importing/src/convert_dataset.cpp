#include "ds/importing/convert_dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/formats/yolo/options.h"
#include "ds/geometry/clip_shape.h"
#include "ds/importing/add_sources.h"
#include "ds/importing/broken_pictures.h"
#include "ds/importing/source_dataset.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

std::string target_format(const fs::path& target, const ConvertOptions& options) {
  if (!options.to.empty()) return annotation_formats().at(options.to).name;
  if (target.extension() == ".json") return "coco";
  throw UsageError("--to is needed: the format to write", "one of " + join(formats_to_write(), ", "));
}

void require_apart(const fs::path& source, const fs::path& target) {
  auto a = fs::weakly_canonical(source);
  auto b = fs::weakly_canonical(target);
  auto [end, ignored] = std::mismatch(b.begin(), b.end(), a.begin(), a.end());
  if (end == b.end())
    throw UsageError(fmt::format("{} holds what is to be converted", target.string()),
                     "choose another folder");
}

// What is left out stays out of `embedded` too: everything is beside the images.
void keep_images(ReadResult& read, const std::function<bool(std::size_t)>& keep) {
  ReadResult kept;
  std::set<std::size_t> incomplete(read.incomplete.begin(), read.incomplete.end());
  for (std::size_t i = 0; i < read.files.size(); ++i) {
    if (!keep(i)) continue;
    if (auto inside = read.embedded.find(i); inside != read.embedded.end())
      kept.embedded[kept.files.size()] = std::move(inside->second);
    if (incomplete.contains(i)) kept.incomplete.push_back(kept.files.size());
    if (auto why = read.without_bytes.find(i); why != read.without_bytes.end())
      kept.without_bytes[kept.files.size()] = std::move(why->second);
    kept.dataset.images.push_back(std::move(read.dataset.images[i]));
    kept.files.push_back(std::move(read.files[i]));
  }
  read.dataset.images = std::move(kept.dataset.images);
  read.files = std::move(kept.files);
  read.embedded = std::move(kept.embedded);
  read.incomplete = std::move(kept.incomplete);
  read.without_bytes = std::move(kept.without_bytes);
}

bool is_broken_picture(const Issue& issue) {
  return issue.code == "BROKEN_IMAGE" && issue.severity == Severity::error;
}

/// One conversion: read, refuse what would be lost unasked, change classes, cut, write, read back. Everything
/// that can be refused is refused before the first byte is written.
class Converting {
 public:
  Converting(const fs::path& source, const fs::path& target, const ConvertOptions& options)
      : source_(source), target_(target), options_(options) {
    report_.to = target_format(target, options);
    if (options.from != "auto") annotation_formats().at(options.from);
    for (const auto& pair : options.rename_classes) {
      auto at = pair.find('=');
      if (at == std::string::npos || at == 0 || at + 1 == pair.size())
        throw UsageError(fmt::format("--rename-class is '{}'; expected old=new", pair));
    }
  }

  ConvertReport run(Progress& progress) {
    progress.begin("read", 0);
    read();
    progress.end();
    find_broken(progress);
    if (options_.on_issues) options_.on_issues(read_.issues);
    require_whole();
    settle_incomplete();
    change_classes();
    if (options_.clip) clip();
    if (read_.dataset.images.empty())
      throw DataError(fmt::format("{}: there is no image to write", source_.string()));
    report_.from = read_.format;
    report_.objects = read_.dataset.annotation_count();
    report_.notes = std::move(read_.notes);
    if (options_.dry_run) {
      report_.written = plan_dataset(read_.dataset, report_.to, writing());
      report_.images = report_.written.images;
      return std::move(report_);
    }
    progress.begin("write", 0);
    report_.written = write_dataset_from(read_, target_, report_.to, writing());
    report_.images = report_.written.images;
    progress.end();
    if (options_.prove)
      report_.proof =
          prove_dataset(read_.dataset, target_, report_.to, report_.written, {.files = read_.files});
    return std::move(report_);
  }

 private:
  void read() {
    require_apart(source_, target_);
    auto reading = options_.reading;
    reading.format_flag = "--from";
    auto source = read_source_dataset(source_, options_.from, reading);
    read_ = std::move(source.read);
    scratch_ = std::move(source.scratch);
  }

  // What an import refuses is refused here as well; its labels would lie beside a picture that is grey.
  void find_broken(Progress& progress) {
    auto broken = broken_pictures(read_, {.threads = options_.reading.threads}, progress);
    for (const auto& [index, issue] : broken) read_.issues.push_back(issue);
    if (scratch_) name_members(read_, scratch_->path(), source_.filename().string() + "!");
    if (!broken.empty() && options_.keep_going)
      keep_images(read_, [&](std::size_t i) { return !broken.contains(i); });
  }

  // Corners that were read as such are written as such, also where none of them makes a rectangle.
  WriteOptions writing() const {
    auto writing = options_.writing;
    bool corners = options_.reading.own.of<YoloReading>().task == "obb";
    auto& task = writing.own.of<YoloWriting>().task;
    if (report_.to == "yolo" && corners && task == "auto") task = "obb";
    return writing;
  }

  // Objects that cannot be read, pictures that are broken, and pictures that are to be written but are not there.
  void require_whole() {
    auto lost =
        static_cast<std::size_t>(std::count_if(read_.issues.begin(), read_.issues.end(), loses_objects));
    if (lost > 0 && !options_.keep_going)
      throw DataError(fmt::format("{}: {} cannot be read", source_.string(), counted(lost, "label")),
                      "mend them, or leave them out with --keep-going; nothing was written");
    auto broken =
        static_cast<std::size_t>(std::count_if(read_.issues.begin(), read_.issues.end(), is_broken_picture));
    if (broken > 0 && !options_.keep_going)
      throw DataError(
          fmt::format("{}: {} broken", source_.string(), counted(broken, "picture is", "pictures are")),
          "mend them, or leave them out with --keep-going; nothing was written");
    if (broken > 0)
      read_.notes.push_back(
          fmt::format("{} left out", counted(broken, "broken picture is", "broken pictures are")));
    if (!options_.writing.with_images) return;
    auto there = [&](std::size_t i) { return !read_.files[i].empty() || read_.embedded.contains(i); };
    std::size_t missing = 0;
    for (std::size_t i = 0; i < read_.files.size(); ++i) missing += !there(i);
    if (missing == 0) return;
    if (!options_.keep_going)
      throw DataError(
          fmt::format("{}: {} not there", source_.string(), counted(missing, "image is", "images are")),
          "say where they are with --images, leave them out with --keep-going, or write labels "
          "alone; nothing "
          "was written");
    keep_images(read_, there);
    read_.notes.push_back(fmt::format("{} images that are not there are left out", missing));
  }

  // Without any label that could be read an image says nothing: a label file without rows would say that there is
  // nothing on it.
  void settle_incomplete() {
    for (auto index : read_.incomplete) {
      auto& image = read_.dataset.images[index];
      if (image.annotations.empty() && image.tags.empty()) image.state = ImageState::unlabelled;
      report_.incomplete.push_back(image.name);
    }
  }

  void change_classes() {
    const auto& classes = read_.dataset.classes;
    std::map<std::string, std::string> renamed;
    for (const auto& pair : options_.rename_classes) {
      auto at = pair.find('=');
      renamed[classes[classes.index_of(pair.substr(0, at))].name] = pair.substr(at + 1);
    }
    std::set<std::string> dropped;
    for (const auto& name : options_.drop_classes) dropped.insert(classes[classes.index_of(name)].name);
    if (renamed.empty() && dropped.empty()) return;
    ClassList changed;
    std::vector<int> map;
    for (auto info : classes) {
      if (dropped.contains(info.name)) {
        map.push_back(-1);
        continue;
      }
      if (auto other = renamed.find(info.name); other != renamed.end()) info.name = other->second;
      auto known = changed.find(info.name);
      map.push_back(known ? *known : changed.add(std::move(info)));
    }
    for (auto& image : read_.dataset.images) apply(map, image);
    read_.dataset.classes = std::move(changed);
  }

  void apply(const std::vector<int>& map, Image& image) {
    report_.dropped += std::erase_if(image.annotations, [&](Annotation& annotation) {
      annotation.class_idx = map[static_cast<std::size_t>(annotation.class_idx)];
      return annotation.class_idx < 0;
    });
    std::vector<ImageTag> tags;
    for (auto tag : image.tags) {
      tag.class_idx = map[static_cast<std::size_t>(tag.class_idx)];
      auto same = std::find_if(tags.begin(), tags.end(),
                               [&](const ImageTag& other) { return other.class_idx == tag.class_idx; });
      if (same != tags.end())
        same->present |= tag.present;  // of two classes that became one
      else if (tag.class_idx >= 0)
        tags.push_back(tag);
    }
    image.tags = std::move(tags);
  }

  void clip() {
    for (auto& image : read_.dataset.images) {
      report_.clipped_away += std::erase_if(image.annotations, [&](Annotation& annotation) {
        auto inside = clipped_shape(annotation.shape, image.width, image.height);
        if (!inside) return true;
        if (*inside != annotation.shape) {
          annotation.shape = std::move(*inside);
          annotation.area.reset();
          ++report_.clipped;
        }
        return false;
      });
    }
  }

  fs::path source_;
  fs::path target_;
  const ConvertOptions& options_;
  ConvertReport report_;
  ReadResult read_;
  std::unique_ptr<TemporaryFolder> scratch_;
};

}  // namespace

ConvertReport convert_dataset(const fs::path& source, const fs::path& target, const ConvertOptions& options,
                              Progress& progress) {
  return Converting(source, target, options).run(progress);
}

}  // namespace ds
