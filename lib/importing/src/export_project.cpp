#include "ds/importing/export_project.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

Dataset choose(Project& project, const ExportOptions& options) {
  if (!options.snapshot.empty()) {
    if (!options.where.empty())
      throw UsageError("--where and --snapshot exclude each other",
                       "a snapshot was made with its own --where");
    return project.snapshots().load(project.snapshots().get(options.snapshot).id);
  }
  Dataset dataset;
  dataset.classes = project.classes().list();
  auto filter = options.where.empty() ? Filter() : Filter::parse(options.where);
  for (auto& image : project.images().list(filter, WithAnnotations::yes)) {
    if (image.state == ImageState::rejected) continue;
    std::erase_if(image.annotations, [](const Annotation& annotation) { return annotation.proposal; });
    dataset.images.push_back(std::move(image));
  }
  return dataset;
}

std::string text_of(const Box& box) {
  return fmt::format("[{}, {}, {}, {}]", shortest(box.x0), shortest(box.y0), shortest(box.x1),
                     shortest(box.y1));
}

void prove_image(const Image& expected, const Image& found, const Dataset& names) {
  auto fail = [&](const std::string& what) {
    throw DataError(fmt::format("proof failed at {}: {}", expected.name, what));
  };
  if (expected.annotations.size() != found.annotations.size())
    fail(fmt::format("{} objects were written, {} read back", expected.annotations.size(),
                     found.annotations.size()));
  double slack = 1e-6 * std::max(expected.width, expected.height);
  for (std::size_t i = 0; i < expected.annotations.size(); ++i) {
    const auto& a = expected.annotations[i];
    const auto& b = found.annotations[i];
    if (a.class_idx != b.class_idx)
      fail(fmt::format("object {} is a {} and reads back as a {}", i + 1, names.classes[a.class_idx].name,
                       names.classes[b.class_idx].name));
    auto p = a.box();
    auto q = b.box();
    double apart = std::max(
        {std::abs(p.x0 - q.x0), std::abs(p.y0 - q.y0), std::abs(p.x1 - q.x1), std::abs(p.y1 - q.y1)});
    if (!(apart <= slack))
      fail(fmt::format("object {} is {} and reads back as {}", i + 1, text_of(p), text_of(q)));
  }
}

}  // namespace

void prove_dataset(const Dataset& expected, const fs::path& written, const std::string& format) {
  auto read = read_dataset(written, format, {.empty_is_negative = true});
  if (read.dataset.classes.names() != expected.classes.names())
    throw DataError(fmt::format("proof failed: classes {} read back as {}",
                                join(expected.classes.names(), ", "),
                                join(read.dataset.classes.names(), ", ")));
  std::map<std::string, const Image*> by_name;
  for (const auto& image : read.dataset.images) by_name[image.name] = &image;
  for (const auto& image : expected.images) {
    if (image.state == ImageState::unlabelled && image.annotations.empty()) continue;
    const Image* found = nullptr;
    // Formats with a folder for each split have it in front of the name.
    for (const auto& name : {image.name, to_string(image.split) + "/" + image.name, "obj_data/" + image.name})
      if (found == nullptr && by_name.contains(name)) found = by_name[name];
    if (found == nullptr) throw DataError(fmt::format("proof failed: {} was not read back", image.name));
    prove_image(image, *found, expected);
  }
}

ExportReport export_project(Project& project, const fs::path& target, const ExportOptions& options) {
  annotation_formats().at(options.format);
  bool one_file = target.extension() == ".json";
  if (options.prove && (!options.writing.with_images || one_file))
    throw UsageError("--prove needs --with-images and a folder", "labels alone cannot be read back");
  auto dataset = choose(project, options);
  if (dataset.images.empty()) {
    throw DataError("there is no image to export",
                    options.where.empty() ? "add some with `ds-import add`" : "no image matches the filter");
  }
  std::vector<fs::path> files;
  if (options.writing.with_images)
    for (const auto& image : dataset.images) files.push_back(project.media().path_of(image.sha256));
  ExportReport report;
  report.images = dataset.images.size();
  report.annotations = dataset.annotation_count();
  report.written = write_dataset(dataset, files, target, options.format, options.writing);
  if (options.prove) {
    prove_dataset(dataset, target, options.format);
    report.proven = true;
  }
  return report;
}

}  // namespace ds
