#include "ds/importing/add_sources.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <set>
#include <unordered_map>

#include "ds/base/charset.h"
#include "ds/base/error.h"
#include "ds/base/hash.h"
#include "ds/base/parallel.h"
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
  auto text = fmt::format("{}: {} cannot be read:", source.given.string(), counted(lost.size(), "label"));
  for (std::size_t i = 0; i < std::min(kShown, lost.size()); ++i) text += "\n  " + lost[i];
  if (lost.size() > kShown) text += fmt::format("\n  and {} more", lost.size() - kShown);
  throw DataError(text, "mend them, or leave them out with --keep-going; nothing was added");
}

// Blobs that this import brought; they leave again when it fails for good, and stay when it was only
// interrupted: the next try finds them.
class NewBlobs {
 public:
  NewBlobs(Project& project, Link link, int threads, Progress& progress)
      : project_(project), link_(link), threads_(threads), progress_(progress) {}

  // References are rows: they are put inside the caller's transaction, and one after the other.
  void put(const std::vector<const Candidate*>& candidates) {
    progress_.begin("store", static_cast<std::int64_t>(candidates.size()));
    parallel_for(candidates.size(), link_ == Link::reference ? 1 : threads_, [&](std::size_t i) {
      put(*candidates[i]);
      progress_.advance();
    });
    progress_.end();
  }

  template <typename Work>
  void guard(const Work& work) {
    try {
      work();
    } catch (const Busy&) {
      throw;
    } catch (const Interrupted&) {
      throw;
    } catch (...) {
      for (const auto& file : files_) {
        std::error_code ignored;
        fs::remove(file, ignored);
      }
      throw;
    }
  }

 private:
  void put(const Candidate& candidate) {
    const auto& sha256 = candidate.image.sha256;
    bool known = link_ == Link::reference || project_.media().contains(sha256);
    if (candidate.bytes) {
      std::lock_guard lock(mutex_);  // readers' functions are not made for several threads
      project_.media().put(candidate.bytes(), candidate.extension);
    } else {
      project_.media().put_known(candidate.file, sha256, link_);
    }
    if (known) return;
    auto blob = project_.media().path_of(sha256);
    std::lock_guard lock(mutex_);
    files_.push_back(std::move(blob));
  }

  Project& project_;
  Link link_;
  int threads_;
  Progress& progress_;
  std::mutex mutex_;
  std::vector<fs::path> files_;
};

/// Collects what is new in one source after the other, in memory and without a change to the project; `finish`
/// then writes it all. A source that is refused, a dry run or an interruption therefore leave the project as it
/// was. Blobs are stored before the rows that name them (those only referred to within the same transaction),
/// so that no row ever stands without its bytes. The names and hashes of the project's images are read once,
/// at the beginning, and kept up with what is taken: two sources cannot add one picture twice.
class Adding {
 public:
  Adding(Project& project, const AddOptions& options, Progress& progress)
      : project_(project), options_(options), progress_(progress), link_(link_from_string(options.link)) {
    project.images().for_each({}, WithAnnotations::no, [&](const Image& image) {
      names_.emplace(image.name, image.sha256);
      known_.emplace(image.sha256, Known{image.id, image.state == ImageState::unlabelled,
                                         options.shard.is_all() ? std::string() : image.origin});
    });
  }

  void take(SourceContent& source) {
    require_labels_whole(source, options_);
    append(report_.issues, source.issues);
    append(report_.skipped, source.skipped);
    append(report_.notes, source.notes);
    report_.left_to_others += source.left_to_others;
    report_.labels_seen = report_.labels_seen || source.labels_seen;
    report_.without_image += source.without_image;
    auto class_map = map_classes(source);
    for (auto& candidate : source.candidates) take(source, candidate, class_map);
  }

  AddReport finish() {
    if (twins_ > 0)
      report_.notes.push_back(fmt::format("{}{}: each is an image of its own; ds-import dedupe finds them",
                                          first_twin_,
                                          twins_ > 1 ? fmt::format(" (and {} more such)", twins_ - 1) : ""));
    if (options_.dry_run) {
      std::vector<const Image*> images;
      for (const auto& candidate : new_) images.push_back(&candidate.image);
      auto splits =
          options_.split == "auto" ? project_.images().splits_to_come(images) : std::vector<Split>();
      for (std::size_t i = 0; i < images.size(); ++i)
        count(*images[i], splits.empty() ? images[i]->split : splits[i]);
      report_.classes_added = new_classes_;
      for (const auto& [id, image] : attached_)
        report_.labels_attached += wants_labels(project_.images().get(id));
      return std::move(report_);
    }
    std::vector<const Candidate*> candidates;
    for (const auto& candidate : new_) candidates.push_back(&candidate);
    NewBlobs blobs(project_, link_, options_.threads, progress_);
    blobs.guard([&] {
      if (link_ != Link::reference) blobs.put(candidates);
      project_.transaction([&] {
        if (link_ == Link::reference) blobs.put(candidates);
        write_rows();
      });
    });
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
    if (auto known = known_.find(image.sha256);
        known != known_.end() && !is_twin(known->second, image, source)) {
      ++report_.already_there;
      bool labelled = image.state == ImageState::done || image.state == ImageState::review;
      if (!known->second.unlabelled || !(labelled || !image.tags.empty())) return;
      image.state = state_of(source, image);
      attached_.emplace(known->second.id, std::move(image));
      return;
    }
    auto name = free_name(image.name, image.sha256, source.given);
    if (!name) {
      ++report_.already_there;  // the same file given twice in one call
      return;
    }
    image.state = state_of(source, image);
    image.name = *name;
    note_twin(image);
    if (options_.split != "auto") image.split = split_from_string(options_.split);
    new_.push_back(std::move(candidate));
  }

  // An image that lacks labels which could not be read is never done, whatever is asked for.
  ImageState state_of(const SourceContent& source, const Image& image) {
    bool incomplete = source.incomplete.contains(image.name);
    if (incomplete) report_.incomplete.push_back(image.name);
    if (options_.status == "auto") return image.state;
    auto wanted = image_state_from_string(options_.status);
    return incomplete && wanted == ImageState::done ? ImageState::review : wanted;
  }

  struct Known {
    std::int64_t id = 0;
    bool unlabelled = false;
    std::string origin;  // kept for shards only
  };

  // The same bytes under another name of the same source: without shards both would have come in one call.
  bool is_twin(const Known& known, const Image& image, const SourceContent& source) const {
    auto name = names_.find(image.name);
    bool there = name != names_.end() && name->second == image.sha256;
    return !options_.shard.is_all() && !there && known.origin.starts_with(printable(source.given.string()));
  }

  // Copies within one import are kept, each with its labels; `dedupe` decides about them.
  void note_twin(const Image& image) {
    if (image.time_s) return;  // nothing moves in the video
    auto [known, is_new] = first_of_bytes_.emplace(image.sha256, image.name);
    if (!is_new && twins_++ == 0)
      first_twin_ = fmt::format("{} has the bytes of {}", image.name, known->second);
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

  void write_rows() {
    for (const auto& name : new_classes_) project_.classes().add(name, {}, described_.at(name).supercategory);
    write_key_points();
    std::vector<Image> images;
    images.reserve(new_.size());
    for (auto& candidate : new_) images.push_back(std::move(candidate.image));
    new_ = {};
    auto result = project_.images().add(images);
    report_.images_added = result.added;
    report_.already_there += result.already_there;
    if (options_.split == "auto") project_.images().assign_splits();
    count_added(result, images);
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
    auto attributes = there.attributes;
    attributes.merge(image.attributes);
    project_.images().edit(id, {.action = "import",
                                .state = image.state,
                                .annotations = std::move(image.annotations),
                                .tags = std::move(image.tags),
                                .attributes = std::move(attributes)});
    ++report_.labels_attached;
  }

  // What is new has the ids that were given last, without a gap.
  void count_added(const ImageStore::AddResult& result, const std::vector<Image>& images) {
    if (result.added == 0) return;
    auto last = *std::max_element(result.ids.begin(), result.ids.end());
    auto first = last - static_cast<std::int64_t>(result.added) + 1;
    std::vector<Split> splits(result.added, Split::none);
    for (const auto& image :
         project_.images().list(Filter::parse(fmt::format("id>={} and id<={}", first, last))))
      splits[static_cast<std::size_t>(image.id - first)] = image.split;
    for (std::size_t i = 0; i < images.size(); ++i)
      if (result.ids[i] >= first) count(images[i], splits[static_cast<std::size_t>(result.ids[i] - first)]);
  }

  void count(const Image& image, Split split) {
    if (options_.dry_run) ++report_.images_added;
    ++report_.by_split[to_string(split)];
    report_.annotations_added += image.annotations.size();
    report_.unlabelled_added += image.state == ImageState::unlabelled && image.annotations.empty();
    report_.negatives_added += image.state == ImageState::done && image.annotations.empty();
  }

  Project& project_;
  const AddOptions& options_;
  Progress& progress_;
  Link link_;
  AddReport report_;
  std::unordered_map<std::string, std::string> names_;           // name -> sha256
  std::unordered_map<std::string, Known> known_;                 // by sha256, before this import
  std::unordered_map<std::string, std::string> first_of_bytes_;  // sha256 -> the first new name
  std::size_t twins_ = 0;
  std::string first_twin_;
  std::vector<std::string> new_classes_;
  std::map<std::string, ClassInfo> described_;  // by the sources, the first that names the class
  std::vector<Candidate> new_;
  std::map<std::int64_t, Image> attached_;
};

fs::path log_of(const Project& project, const fs::path& source, const Shard& shard) {
  auto name = sha256_hex(fs::absolute(source).lexically_normal().string()).substr(0, 16);
  if (!shard.is_all()) name += fmt::format("-{}-of-{}", shard.index, shard.count);
  return project.folder() / "cache" / ("import-" + name + ".facts");
}

// The bytes of a shard are stored while others do the same; what turns out not to be needed is garbage.
void store_ahead(Project& project, const std::vector<SourceContent>& sources, const AddOptions& options,
                 Progress& progress) {
  std::vector<const Candidate*> candidates;
  for (const auto& source : sources)
    for (const auto& candidate : source.candidates)
      if (!candidate.bytes && !project.media().contains(candidate.image.sha256))
        candidates.push_back(&candidate);
  NewBlobs(project, Link::copy, options.threads, progress).put(candidates);
}

}  // namespace

AddReport add_sources(Project& project, const std::vector<fs::path>& sources, const AddOptions& options,
                      Progress& progress) {
  validate(options);
  if (options.link == "reference")
    for (const auto& source : sources)
      if (has_archive_suffix(source) || has_video_suffix(source))
        throw UsageError(fmt::format("--link reference cannot be used with {}: its images are not files",
                                     source.string()));
  std::optional<FileLock> lock;
  if (options.shard.is_all()) lock.emplace(project.lock("import"));
  std::vector<SourceContent> read;  // keeps the scratch folders until the bytes are stored
  for (const auto& source : sources) {
    detail::FactsLog log(log_of(project, source, options.shard), !options.dry_run);
    read.push_back(detail::read_source(source, options, log, progress));
  }
  if (!lock) {
    if (!options.dry_run && options.link == "copy") store_ahead(project, read, options, progress);
    lock.emplace(project.lock("import"));
  }
  Adding adding(project, options, progress);
  for (auto& source : read) adding.take(source);
  return adding.finish();
}

}  // namespace ds
