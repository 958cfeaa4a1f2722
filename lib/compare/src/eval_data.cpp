#include "ds/compare/eval_data.h"

#include <fmt/format.h>

#include <map>

#include "ds/base/error.h"
#include "ds/formats/annotation_format.h"
#include "ds/project/project.h"

namespace ds {

namespace {

void describe(EvalData& data) {
  data.about.fingerprint = fingerprint(data.truth);
  data.about.images = static_cast<std::int64_t>(data.truth.images.size());
}

std::optional<Split> split_of(const std::string& text) {
  if (text == "all") return std::nullopt;
  return split_from_string(text);
}

// The first issue of each code stands for all of them.
std::vector<std::string> one_of_each_kind(const std::vector<Issue>& issues) {
  std::vector<std::string> texts;
  std::map<std::string, std::size_t> place, count;
  for (const auto& issue : issues) {
    if (++count[issue.code] > 1) continue;
    place[issue.code] = texts.size();
    texts.push_back(issue.to_string());
  }
  for (const auto& [code, number] : count)
    if (number > 1) texts[place[code]] += fmt::format(" (and {} more {})", number - 1, code);
  return texts;
}

}  // namespace

EvalData project_data(Project& project, const std::string& snapshot, const std::string& split) {
  const auto record = snapshot.empty() ? project.snapshots().create({}) : project.snapshots().get(snapshot);
  auto dataset = project.snapshots().load(record.id, split_of(split));
  if (dataset.images.empty())
    throw DataError(fmt::format("snapshot {} has no image in split {}", record.id, split),
                    fmt::format("it has {} train, {} val, {} test", record.train, record.val, record.test));
  EvalData data;
  data.about.name = project.settings().name;
  data.about.snapshot = record.id;
  data.about.split = split;
  for (const auto& image : dataset.images) {
    data.files.push_back(project.media().path_of(image.sha256));
    data.hashes.push_back(image.sha256);
  }
  // Images carry the project's ids; annotations need none.
  data.truth = truth_from_dataset(dataset);
  describe(data);
  return data;
}

EvalData dataset_data(const std::filesystem::path& path, const std::string& format,
                      const std::filesystem::path& images) {
  ReadOptions options;
  options.images = images;
  options.format_flag = "--data-format";
  auto read = read_dataset(path, format, options);
  EvalData data;
  data.about.name = path.string();
  data.warnings = one_of_each_kind(read.issues);
  for (std::size_t i = 0; i < read.dataset.images.size(); ++i)
    if (read.files[i].empty())
      throw DataError(
          fmt::format("{}: the file of image {} is missing", path.string(), read.dataset.images[i].name),
          "say with --images where the images are");
  if (read.dataset.images.empty()) throw DataError(fmt::format("{}: no images", path.string()));
  // Ids of a foreign file need not be unique; the order of the dataset is the order of the ids.
  for (auto& image : read.dataset.images) image.id = 0;
  data.files = std::move(read.files);
  data.truth = truth_from_dataset(read.dataset);
  describe(data);
  return data;
}

}  // namespace ds
