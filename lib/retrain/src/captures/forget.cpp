#include "ds/retrain/forget.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <set>

#include "ds/base/error.h"
#include "ds/project/project.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kShortest = 12;

std::vector<fs::path> capture_files(const DeploymentRecord& deployment, const std::string& prefix) {
  std::vector<fs::path> found;
  auto folder = deployment.folder / "captures" / prefix.substr(0, 2);
  if (fs::exists(folder))
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
  return found;
}

bool looks_like_sha256(const std::string& text) {
  return text.size() >= kShortest && text.size() <= 64 &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// Every captured picture whose hash begins so, in the index or only on disk.
std::set<std::string> matching(Project& project, const std::string& prefix) {
  std::set<std::string> found;
  for (const auto& capture : project.captures().list())
    if (capture.sha256.starts_with(prefix)) found.insert(capture.sha256);
  for (const auto& deployment : project.deployments().list())
    for (const auto& file : capture_files(deployment, prefix))
      found.insert(file.filename().string().substr(0, 64));
  return found;
}

std::string resolve(Project& project, const std::string& which) {
  auto prefix = looks_like_sha256(which) ? which : project.images().find(which).sha256;
  auto found = matching(project, prefix);
  if (found.empty())
    throw UsageError(fmt::format("no captured picture has the hash {}", prefix),
                     "a picture that was not captured is removed with `ds-label files remove`");
  if (found.size() > 1)
    throw UsageError(fmt::format("{} fits {} captured pictures", which, found.size()), "give more digits");
  return *found.begin();
}

}  // namespace

ForgetReport forget_capture(Project& project, const std::string& which, bool dry_run) {
  ForgetReport report;
  report.sha256 = resolve(project, which);
  std::vector<fs::path> files;
  for (const auto& deployment : project.deployments().list())
    for (const auto& file : capture_files(deployment, report.sha256)) files.push_back(file);
  std::vector<std::int64_t> images;
  project.images().for_each({}, WithAnnotations::no, [&](const Image& image) {
    if (image.sha256 == report.sha256) images.push_back(image.id);
  });
  for (const auto& snapshot : project.snapshots().list()) {
    auto dataset = project.snapshots().load(snapshot.id);
    if (std::any_of(dataset.images.begin(), dataset.images.end(),
                    [&](const Image& image) { return image.sha256 == report.sha256; }))
      report.snapshots.push_back(snapshot.id);
  }
  if (project.media().contains(report.sha256)) files.push_back(project.media().path_of(report.sha256));
  for (const auto& capture : project.captures().list())
    if (capture.sha256 == report.sha256) ++report.captures;
  report.files = files.size();
  report.images = images.size();
  if (dry_run) return report;
  // The files go first: as long as a record is left, another run finds what remains.
  for (const auto& file : files) fs::remove(file);
  project.transaction([&] {
    project.images().remove(images);
    project.captures().forget(report.sha256);
  });
  return report;
}

}  // namespace ds
