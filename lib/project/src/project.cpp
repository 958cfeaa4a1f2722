#include "ds/project/project.h"

#include <fmt/format.h>

#include <cstdlib>
#include <system_error>

#include "database/database.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "files/folders.h"
#include "upkeep/garbage.h"
#include "upkeep/verify.h"

namespace ds {
namespace fs = std::filesystem;
using namespace detail;

namespace {

constexpr const char* kFolders[] = {"media", "snapshots", "runs", "models", "evals", "deployments", "locks"};

bool is_own_name(const std::string& name) {
  for (const char* folder : kFolders)
    if (name == folder) return true;
  return name.starts_with("index.") || is_temporary_name(name);
}

/// Throws unless the folder is empty but for what an init leaves that was killed
/// before it wrote project.yaml.
void check_free(const fs::path& folder) {
  if (fs::exists(folder / "project.yaml"))
    throw UsageError(fmt::format("{} holds a project already", folder.string()),
                     "use it, or choose another folder");
  for (const auto& entry : fs::directory_iterator(folder)) {
    bool leftover = is_own_name(entry.path().filename().string()) &&
                    (!entry.is_directory() || fs::is_empty(entry.path()));
    if (!leftover)
      throw UsageError(
          fmt::format("{} is not empty: it holds {}", folder.string(), entry.path().filename().string()),
          "choose a new or an empty folder");
  }
}

Database::Context context_of(const fs::path& folder, const OpenOptions& options, ProjectSettings settings) {
  return {.project = folder,
          .user = options.user,
          .tool = options.tool,
          .lock_wait_s = options.lock_wait_s,
          .settings = std::move(settings)};
}

ProjectSettings settings_of(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder / "project.yaml", error))
    throw UsageError(fmt::format("{} is not a project: it has no project.yaml", folder.string()),
                     "make one with `ds-import init DIR`, or name one with --project DIR");
  return read_settings(folder / "project.yaml");
}

}  // namespace

struct Project::Parts {
  Parts(const fs::path& where, OpenOptions opened)
      : folder(fs::absolute(where).lexically_normal()),
        settings(settings_of(folder)),
        options(std::move(opened)),
        database(folder / "index.sqlite", Database::Mode::open, context_of(folder, options, settings)),
        classes(database),
        images(database),
        media(database, folder / "media"),
        snapshots(database, folder / "snapshots"),
        runs(database, folder / "runs"),
        models(database, folder / "models"),
        evaluations(database, folder / "evals"),
        deployments(database, folder / "deployments"),
        captures(database),
        events(folder / "events.jsonl") {}

  fs::path folder;
  ProjectSettings settings;
  OpenOptions options;
  Database database;
  ClassStore classes;
  ImageStore images;
  MediaStore media;
  SnapshotStore snapshots;
  RunStore runs;
  ModelStore models;
  EvaluationStore evaluations;
  DeploymentStore deployments;
  CaptureStore captures;
  EventLog events;
};

void Project::init(const fs::path& folder, ProjectSettings settings,
                   const std::vector<std::string>& class_names) {
  make_folders(folder);
  check_free(folder);
  if (settings.split_key.empty()) settings.split_key = random_hex(16);
  if (settings.name.empty()) settings.name = fs::absolute(folder).lexically_normal().filename().string();
  std::error_code ignored;
  for (const char* name : {"index.sqlite", "index.sqlite-wal", "index.sqlite-shm"})
    fs::remove(folder / name, ignored);
  for (const char* name : kFolders) make_folders(folder / name);
  {
    Database database(folder / "index.sqlite", Database::Mode::create, context_of(folder, {}, settings));
    WriteTransaction transaction(database);
    for (const auto& name : class_names) ClassStore(database).add(name);
    transaction.commit();
  }
  // Last: the folder is a project from the moment that this file is there.
  write_settings(folder / "project.yaml", settings);
}

fs::path Project::find(const fs::path& given) {
  if (!given.empty()) {
    settings_of(given);
    return given;
  }
  if (const char* named = std::getenv("DS_PROJECT"); named != nullptr && *named != '\0') {
    std::error_code error;
    if (fs::exists(fs::path(named) / "project.yaml", error)) return named;
    throw UsageError(
        fmt::format("DS_PROJECT names {}, which is not a project: it has no project.yaml", named),
        "set it to a project's folder, or give --project DIR");
  }
  auto start = fs::current_path();
  for (auto folder = start;; folder = folder.parent_path()) {
    std::error_code error;
    if (fs::exists(folder / "project.yaml", error)) return folder;
    if (folder == folder.parent_path()) break;
  }
  throw UsageError(
      fmt::format("there is no project: no --project, no DS_PROJECT, and no project.yaml in {} or"
                  " its parents",
                  start.string()),
      "make one with `ds-import init DIR`, or name one with --project DIR");
}

Project::Project(const fs::path& folder, OpenOptions options)
    : parts_(std::make_unique<Parts>(folder, std::move(options))) {}
Project::~Project() = default;
Project::Project(Project&&) noexcept = default;

const fs::path& Project::folder() const {
  return parts_->folder;
}
const ProjectSettings& Project::settings() const {
  return parts_->settings;
}
const OpenOptions& Project::opened_with() const {
  return parts_->options;
}
ClassStore& Project::classes() {
  return parts_->classes;
}
ImageStore& Project::images() {
  return parts_->images;
}
MediaStore& Project::media() {
  return parts_->media;
}
SnapshotStore& Project::snapshots() {
  return parts_->snapshots;
}
RunStore& Project::runs() {
  return parts_->runs;
}
ModelStore& Project::models() {
  return parts_->models;
}
EvaluationStore& Project::evaluations() {
  return parts_->evaluations;
}
DeploymentStore& Project::deployments() {
  return parts_->deployments;
}
CaptureStore& Project::captures() {
  return parts_->captures;
}
EventLog& Project::events() {
  return parts_->events;
}

void Project::transaction(const std::function<void()>& work) {
  WriteTransaction transaction(parts_->database);
  work();
  transaction.commit();
}

FileLock Project::lock(const std::string& name) {
  if (!stays_inside(name) || name.find('/') != std::string::npos)
    throw UsageError(fmt::format("'{}' cannot be the name of a lock", name));
  make_folders(parts_->folder / "locks");
  return FileLock(parts_->folder / "locks" / (name + ".lock"),
                  fmt::format("{} of project {}", name, parts_->folder.string()),
                  parts_->options.lock_wait_s);
}

std::size_t Project::verify(const std::function<void(const std::string&)>& report) {
  return verify_project(parts_->database, parts_->folder, report);
}

Project::Garbage Project::collect_garbage(const std::function<void(const std::string&)>& report,
                                          double min_age_s, bool dry_run) {
  auto removed = collect_project_garbage(parts_->database, parts_->folder, report, min_age_s, dry_run);
  return {.files = removed.files, .bytes = removed.bytes};
}

}  // namespace ds
