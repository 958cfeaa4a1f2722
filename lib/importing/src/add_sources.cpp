#include "ds/importing/add_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>

#include "ds/base/error.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ds/media/image_header.h"
#include "source.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

using detail::Candidate;
using detail::SourceContent;

Link link_from_string(const std::string& text) {
  if (text == "copy") return Link::copy;
  if (text == "hardlink") return Link::hardlink;
  if (text == "reference") return Link::reference;
  throw_unknown_name("link", text, {"copy", "hardlink", "reference"});
}

void require_choice(const std::string& kind, const std::string& value,
                    const std::vector<std::string>& known) {
  if (std::find(known.begin(), known.end(), value) == known.end()) throw_unknown_name(kind, value, known);
}

void validate(const AddOptions& options) {
  require_choice("--split", options.split, {"auto", "train", "val", "test", "none"});
  require_choice("--labels", options.labels, {"auto", "require", "ignore"});
  require_choice("--status", options.status, {"auto", "unlabelled", "review", "done"});
  require_choice("--classes", options.classes, {"auto", "add", "refuse"});
  link_from_string(options.link);
  options.frames.validate();
  if (options.format != "auto") annotation_formats().at(options.format);
}

std::string first_few(std::vector<std::string> names) {
  constexpr std::size_t kShown = 12;
  auto more = names.size() > kShown ? fmt::format(" and {} more", names.size() - kShown) : "";
  names.resize(std::min(names.size(), kShown));
  return join(names, ", ") + more;
}

void require_labels_whole(const SourceContent& source, const AddOptions& options) {
  if (options.keep_going) return;
  std::vector<std::string> lost;
  for (const auto& issue : source.issues) {
    if (!loses_objects(issue)) continue;
    auto text = fmt::format("{}: {}", issue.location.to_string(), issue.message);
    // What a reader says it did does not happen here.
    lost.push_back(text.substr(0, text.rfind("; ")));
  }
  if (lost.empty()) return;
  constexpr std::size_t kShown = 10;
  auto text = fmt::format("{}: {} {} cannot be read:", source.given.string(), lost.size(),
                          lost.size() == 1 ? "label" : "labels");
  for (std::size_t i = 0; i < std::min(kShown, lost.size()); ++i) text += "\n  " + lost[i];
  if (lost.size() > kShown) text += fmt::format("\n  and {} more", lost.size() - kShown);
  throw DataError(text, "mend them, or leave them out with --keep-going; nothing was added");
}

// Blobs that this import brought; they leave again when it fails.
class NewBlobs {
 public:
  explicit NewBlobs(Project& project) : project_(project) {}
  ~NewBlobs() {
    for (const auto& file : files_) {
      std::error_code ignored;
      fs::remove(file, ignored);
    }
  }
  NewBlobs(const NewBlobs&) = delete;
  NewBlobs& operator=(const NewBlobs&) = delete;

  void put(const Candidate& candidate, Link link) {
    bool known = project_.media().contains(candidate.image.sha256);
    if (candidate.bytes)
      project_.media().put(candidate.bytes(), candidate.extension);
    else
      project_.media().put_file(candidate.file, link);
    if (!known && link != Link::reference) files_.push_back(project_.media().path_of(candidate.image.sha256));
  }
  void keep() { files_.clear(); }

 private:
  Project& project_;
  std::vector<fs::path> files_;
};

class Adding {
 public:
  Adding(Project& project, const AddOptions& options, Progress& progress)
      : project_(project), options_(options), progress_(progress), link_(link_from_string(options.link)) {
    project.images().for_each({}, WithAnnotations::no, [&](const Image& image) {
      names_.emplace(image.name, image.sha256);
      known_.emplace(image.sha256, image.id);
    });
  }

  void take(SourceContent& source) {
    require_labels_whole(source, options_);
    append(report_.issues, source.issues);
    append(report_.skipped, source.skipped);
    append(report_.notes, source.notes);
    auto class_map = map_classes(source);
    for (auto& candidate : source.candidates) take(source, candidate, class_map);
  }

  AddReport finish() {
    if (options_.dry_run) {
      for (const auto& candidate : new_) count(candidate.image);
      report_.classes_added = new_classes_;
      for (const auto& [id, image] : attached_)
        report_.labels_attached += wants_labels(project_.images().get(id));
      return std::move(report_);
    }
    NewBlobs blobs(project_);
    if (link_ != Link::reference) store(blobs);
    project_.transaction([&] {
      if (link_ == Link::reference) store(blobs);
      write_rows();
    });
    blobs.keep();
    return std::move(report_);
  }

 private:
  template <typename T>
  static void append(std::vector<T>& to, std::vector<T>& from) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  }

  // Index in the project's list (with the new classes behind it) of each class of the source.
  std::vector<int> map_classes(const SourceContent& source) {
    std::set<int> used;
    for (const auto& candidate : source.candidates) {
      for (const auto& annotation : candidate.image.annotations) used.insert(annotation.class_idx);
      for (const auto& tag : candidate.image.tags) used.insert(tag.class_idx);
    }
    auto known = project_.classes().list();
    bool add = options_.classes == "add" || (options_.classes == "auto" && known.empty());
    std::vector<int> map;
    std::vector<std::string> missing;
    for (int i = 0; i < source.classes.size(); ++i) {
      const auto& name = source.classes[i].name;
      described_.emplace(name, source.classes[i]);
      if (auto found = known.find(name)) {
        map.push_back(*found);
        continue;
      }
      auto fresh = std::find(new_classes_.begin(), new_classes_.end(), name);
      if (fresh == new_classes_.end() && add) fresh = new_classes_.insert(new_classes_.end(), name);
      bool there = fresh != new_classes_.end();
      map.push_back(there ? known.size() + static_cast<int>(fresh - new_classes_.begin()) : -1);
      if (!there && used.contains(i)) missing.push_back(name);
    }
    if (!missing.empty()) {
      throw DataError(fmt::format("{}: {} '{}' {} not in the project (known: {})", source.given.string(),
                                  missing.size() == 1 ? "class" : "classes", join(missing, "', '"),
                                  missing.size() == 1 ? "is" : "are", first_few(known.names())),
                      "add them with --classes add; nothing was added");
    }
    return map;
  }

  void take(const SourceContent& source, Candidate& candidate, const std::vector<int>& class_map) {
    auto& image = candidate.image;
    for (auto& annotation : image.annotations)
      annotation.class_idx = class_map[static_cast<std::size_t>(annotation.class_idx)];
    for (auto& tag : image.tags) tag.class_idx = class_map[static_cast<std::size_t>(tag.class_idx)];
    if (auto known = known_.find(image.sha256); known != known_.end()) {
      ++report_.already_there;
      if (image.state == ImageState::done || !image.tags.empty())
        attached_.emplace(known->second, std::move(image));
      return;
    }
    auto name = free_name(image.name, image.sha256, source.given);
    if (!name) {
      ++report_.already_there;  // the same file given twice in one call
      return;
    }
    image.name = *name;
    if (options_.split != "auto") image.split = split_from_string(options_.split);
    if (options_.status != "auto") image.state = image_state_from_string(options_.status);
    new_.push_back(std::move(candidate));
  }

  // Other bytes under the same name come from another source: they get its name in front.
  std::optional<std::string> free_name(const std::string& name, const std::string& sha256,
                                       const fs::path& given) {
    auto stem = (given.filename().empty() ? given.parent_path() : given).stem().string();
    for (int attempt = 0;; ++attempt) {
      auto tried = attempt == 0   ? name
                   : attempt == 1 ? fmt::format("{}/{}", stem, name)
                                  : fmt::format("{}-{}/{}", stem, attempt, name);
      auto [known, is_new] = names_.emplace(tried, sha256);
      if (is_new) return tried;
      if (known->second == sha256) return std::nullopt;
    }
  }

  void store(NewBlobs& blobs) {
    progress_.begin("store", static_cast<std::int64_t>(new_.size()));
    for (const auto& candidate : new_) {
      throw_if_stopped();
      blobs.put(candidate, link_);
      progress_.advance();
    }
    progress_.end();
  }

  void write_rows() {
    for (const auto& name : new_classes_) project_.classes().add(name, {}, described_.at(name).supercategory);
    write_key_points();
    std::vector<Image> images;
    for (auto& candidate : new_) images.push_back(std::move(candidate.image));
    auto result = project_.images().add(images);
    report_.images_added = result.added;
    report_.already_there += result.already_there;
    if (options_.split == "auto") project_.images().assign_splits();
    for (auto id : result.ids) count(project_.images().get(id));
    for (auto& [id, image] : attached_) attach(id, image);
    report_.classes_added = new_classes_;
  }

  // What the project says already stays.
  void write_key_points() {
    for (const auto& info : project_.classes().list())
      if (auto found = described_.find(info.name); found != described_.end() && info.key_points.empty())
        project_.classes().set_key_points(info.name, found->second.key_points, found->second.skeleton);
  }

  static bool wants_labels(const Image& there) {
    return there.state == ImageState::unlabelled && there.annotations.empty() && there.tags.empty();
  }

  void attach(std::int64_t id, Image& image) {
    auto there = project_.images().get(id);
    if (!wants_labels(there)) return;
    report_.annotations_added += image.annotations.size();
    auto state = options_.status == "auto" ? image.state : image_state_from_string(options_.status);
    auto attributes = there.attributes;
    attributes.merge(image.attributes);
    project_.images().edit(id, {.action = "import",
                                .state = state,
                                .annotations = std::move(image.annotations),
                                .tags = std::move(image.tags),
                                .attributes = std::move(attributes)});
    ++report_.labels_attached;
  }

  void count(const Image& image) {
    if (options_.dry_run) ++report_.images_added;
    ++report_.by_split[to_string(image.split)];
    report_.annotations_added += image.annotations.size();
    report_.negatives_added += image.state == ImageState::done && image.annotations.empty();
  }

  Project& project_;
  const AddOptions& options_;
  Progress& progress_;
  Link link_;
  AddReport report_;
  std::unordered_map<std::string, std::string> names_;   // name -> sha256
  std::unordered_map<std::string, std::int64_t> known_;  // sha256 -> id, before this import
  std::vector<std::string> new_classes_;
  std::map<std::string, ClassInfo> described_;  // by the sources, the first that names the class
  std::vector<Candidate> new_;
  std::map<std::int64_t, Image> attached_;
};

}  // namespace

bool loses_objects(const Issue& issue) {
  static const std::set<std::string> codes = {"BAD_FILE",         "BAD_NUMBER",    "BAD_ROW",
                                              "BAD_SEGMENTATION", "UNKNOWN_CLASS", "UNKNOWN_IMAGE"};
  return issue.severity == Severity::error && codes.contains(issue.code);
}

AddReport add_sources(Project& project, const std::vector<fs::path>& sources, const AddOptions& options,
                      Progress& progress) {
  validate(options);
  if (options.link == "reference")
    for (const auto& source : sources)
      if (has_archive_suffix(source) || has_video_suffix(source))
        throw UsageError(fmt::format("--link reference cannot be used with {}: its images are not files",
                                     source.string()));
  auto lock = project.lock("import");
  std::vector<SourceContent> read;  // keeps the scratch folders until the bytes are stored
  for (const auto& source : sources) read.push_back(detail::read_source(source, options, progress));
  Adding adding(project, options, progress);
  for (auto& source : read) adding.take(source);
  return adding.finish();
}

}  // namespace ds
