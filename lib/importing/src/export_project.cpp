#include "ds/importing/export_project.h"

#include <fmt/format.h>

#include "ds/base/error.h"

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

}  // namespace

ExportReport export_project(Project& project, const fs::path& target, const ExportOptions& options) {
  annotation_formats().at(options.format);
  auto dataset = choose(project, options);
  if (dataset.images.empty()) {
    throw DataError("there is no image to export",
                    options.where.empty() ? "add some with `ds-import add`" : "no image matches the filter");
  }
  std::vector<fs::path> files;
  if (options.writing.with_images || options.prove)
    for (const auto& image : dataset.images) files.push_back(project.media().path_of(image.sha256));
  ExportReport report;
  report.annotations = dataset.annotation_count();
  report.written = write_dataset(dataset, files, target, options.format, options.writing);
  report.images = report.written.images;
  if (options.prove)
    report.proof =
        prove_dataset(dataset, target, options.format, report.written, {.files = std::move(files)});
  return report;
}

}  // namespace ds
