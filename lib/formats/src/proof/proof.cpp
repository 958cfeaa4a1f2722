#include "ds/formats/proof.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/base/walk.h"
#include "proof/objects.h"
#include "shared/losses.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw DataError("proof failed: " + what);
}

/// A dataset written without its images, beside links to where they are.
void link_dataset(const fs::path& written, const WriteReport& report, const std::vector<fs::path>& files,
                  const fs::path& folder) {
  for (const auto& file : walk_files(written)) {
    auto link = folder / file.lexically_relative(written);
    make_folders(link.parent_path());
    fs::create_symlink(fs::absolute(file), link);
  }
  for (const auto& [name, index] : report.image_paths) {
    if (files.at(index).empty() || fs::exists(folder / name)) continue;
    make_folders((folder / name).parent_path());
    fs::create_symlink(fs::absolute(files[index]), folder / name);
  }
}

/// Compares what was written with what is read back, image by image. Images are found by the path the writer
/// reported, else by name. A difference is fine only when the writer's LossReport names its kind, and no more
/// often than it counts; everything else ends the proof. Nothing may be read that was not written either.
class DatasetProof {
 public:
  DatasetProof(const Dataset& expected, const ReadResult& read, const fs::path& root,
               const WriteReport& report)
      : expected_(expected),
        read_(read),
        report_(report),
        objects_(expected, read.dataset, report.losses, proof_) {
    for (std::size_t i = 0; i < read.dataset.images.size(); ++i) {
      if (!read.files[i].empty())
        by_path_
            [read.files[i].lexically_normal().lexically_relative(root.lexically_normal()).generic_string()] =
                i;
      by_name_[read.dataset.images[i].name] = i;
    }
    for (const auto& [path, index] : report.image_paths) path_of_[index] = path;
  }

  Proof run(bool one_file) {
    one_file_ = one_file;
    compare_classes();
    std::set<std::size_t> seen;
    for (std::size_t i = 0; i < expected_.images.size(); ++i) {
      const auto& image = expected_.images[i];
      auto found = find(i);
      if (found) {
        seen.insert(*found);
        compare(image, read_.dataset.images[*found]);
      } else if (image.state != ImageState::unlabelled || !image.annotations.empty() || !image.tags.empty()) {
        not_found(image);
      }
    }
    for (std::size_t i = 0; i < read_.dataset.images.size(); ++i)
      if (!seen.contains(i))
        fail(fmt::format("{} was not written but is read", read_.dataset.images[i].name));
    for (const auto& [kind, count] : proof_.lost)
      if (auto said = report_.losses.kinds.at(kind).count; count > said)
        fail(fmt::format("{} {} were to be lost, {} are", said, kind, count));
    return std::move(proof_);
  }

 private:
  std::optional<std::size_t> find(std::size_t index) const {
    const auto& image = expected_.images[index];
    if (auto path = path_of_.find(index); path != path_of_.end())
      if (auto found = by_path_.find(path->second); found != by_path_.end()) return found->second;
    auto split = to_string(image.split) + "/";
    auto other = report_.renamed.find(index);
    const auto& written = other == report_.renamed.end() ? image.name : other->second;
    for (const auto& name : {written, split + written, "obj_data/" + written})
      if (auto found = by_name_.find(name); found != by_name_.end()) return found->second;
    return std::nullopt;
  }

  void not_found(const Image& image) const {
    for (const auto& issue : read_.issues)
      if (issue.code == "MISSING_IMAGE" || issue.code == "BROKEN_IMAGE")
        throw DataError(fmt::format("proof failed: {} was not read back: {}", image.name, issue.to_string()),
                        "this format does not hold the images' sizes: prove it with --with-images");
    fail(image.name + " was not read back");
  }

  void lost(const std::string& kind, const Image& image, const std::string& what) {
    if (!report_.losses.kinds.contains(kind)) fail(fmt::format("{}: {}", image.name, what));
    ++proof_.lost[kind];
  }

  void compare_classes() {
    const auto& found = read_.dataset.classes;
    std::set<int> used;
    for (const auto& image : expected_.images) {
      for (const auto& annotation : image.annotations) used.insert(annotation.class_idx);
      for (const auto& tag : image.tags) used.insert(tag.class_idx);
    }
    const auto& losses = report_.losses.kinds;
    for (int i = 0; i < expected_.classes.size(); ++i) {
      const auto& info = expected_.classes[i];
      auto same = found.find(info.name);
      // A used class shows in its objects, which are compared one by one.
      if (!same && !used.contains(i) && !losses.contains("classes") && !losses.contains("name"))
        fail(fmt::format("class '{}' was not read back", info.name));
      if (!same) continue;
      if (found[*same].supercategory != info.supercategory && !losses.contains("supercategory") &&
          detail::says_supercategory(expected_.classes, info))
        fail(fmt::format("class '{}' is a {} and reads back as a {}", info.name, info.supercategory,
                         found[*same].supercategory));
      bool points = found[*same].key_points == info.key_points && found[*same].skeleton == info.skeleton;
      if (!points && !losses.contains("key-point-names"))
        fail(fmt::format("class '{}' reads back with other key points", info.name));
    }
    if (found.names() != expected_.classes.names())
      proof_.remarks.push_back(fmt::format("classes {} come back as {}",
                                           join(expected_.classes.names(), ", "), join(found.names(), ", ")));
  }

  void compare(const Image& a, const Image& b) {
    ++proof_.images;
    if (a.width != b.width || a.height != b.height)
      fail(fmt::format("{} is {}x{} and reads back as {}x{}", a.name, a.width, a.height, b.width, b.height));
    if (a.split != b.split && !one_file_)
      lost("split", a, fmt::format("split {} reads back as {}", to_string(a.split), to_string(b.split)));
    objects_.compare(a, b);
    compare_state(a, b);
    compare_tags(a, b);
    for (const auto& [key, value] : a.attributes) {
      auto there = b.attributes.find(key);
      bool gone = there == b.attributes.end();
      if (gone ? detail::tells_of_image(key, value) : there->second != value) {
        lost("image-attributes", a,
             fmt::format("attribute {} = {} reads back as {}", key, value, gone ? "none" : there->second));
        break;
      }
    }
  }

  // With objects an image is labelled, whatever a project calls its state.
  void compare_state(const Image& a, const Image& b) {
    if (!a.annotations.empty() || !a.tags.empty()) return;
    bool was = a.state != ImageState::unlabelled;
    bool is = b.state != ImageState::unlabelled;
    if (was != is)
      lost("state", a,
           was ? "a negative reads back as unlabelled" : "an unlabelled image reads back as negative");
  }

  void compare_tags(const Image& a, const Image& b) {
    auto texts = [](const Image& image, const ClassList& classes, bool present) {
      std::set<std::string> all;
      for (const auto& tag : image.tags)
        if (tag.present == present) all.insert(classes[tag.class_idx].name);
      return all;
    };
    for (bool present : {true, false}) {
      auto was = texts(a, expected_.classes, present);
      auto is = texts(b, read_.dataset.classes, present);
      if (was == is) {
        proof_.tags += was.size();
        continue;
      }
      std::string kind = present ? "tag" : "absent-tag";
      for (const auto& name : was)
        if (!is.contains(name)) lost(kind, a, fmt::format("{} {} was not read back", kind, name));
      for (const auto& name : is)
        if (!was.contains(name))
          fail(fmt::format("{}: {} {} was not written but is read", a.name, kind, name));
    }
  }

  const Dataset& expected_;
  const ReadResult& read_;
  const WriteReport& report_;
  Proof proof_;
  detail::ObjectProof objects_;
  bool one_file_ = false;
  std::map<std::string, std::size_t> by_path_;
  std::map<std::string, std::size_t> by_name_;
  std::map<std::size_t, std::string> path_of_;
};

}  // namespace

std::string Proof::to_string() const {
  std::vector<std::string> parts;
  for (const auto& [kind, count] : kinds) parts.push_back(fmt::format("{} {}", count, kind));
  return fmt::format("{}, {}{}; largest error {:.2g} px", counted(images, "image"),
                     counted(objects, "object"), parts.empty() ? "" : " (" + join(parts, ", ") + ")",
                     largest_error);
}

Proof prove_dataset(const Dataset& expected, const fs::path& written, const std::string& format,
                    const WriteReport& report, const ProofOptions& options) {
  bool one_file = !fs::is_directory(written);
  std::unique_ptr<TemporaryFolder> scratch;
  auto root = written;
  bool linked = !one_file && report.image_files == 0 && !options.files.empty();
  if (linked || one_file) {
    scratch = std::make_unique<TemporaryFolder>();
    root = scratch->path();
  }
  if (linked) link_dataset(written, report, options.files, root);
  if (one_file) {  // pictures beside it are none of its own
    root /= written.filename();
    fs::create_symlink(fs::absolute(written), root);
  }
  auto read = read_dataset(root, format, options.reading);
  return DatasetProof(expected, read, one_file ? root.parent_path() : root, report).run(one_file);
}

}  // namespace ds
