#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ds/base/lock.h"
#include "ds/project/capture_store.h"
#include "ds/project/class_store.h"
#include "ds/project/deployment_store.h"
#include "ds/project/evaluation_store.h"
#include "ds/project/event_log.h"
#include "ds/project/image_store.h"
#include "ds/project/media_store.h"
#include "ds/project/model_store.h"
#include "ds/project/run_store.h"
#include "ds/project/settings.h"
#include "ds/project/snapshot_store.h"

namespace ds {

namespace detail {
class Database;
}

struct OpenOptions {
  std::string user = "unknown";  // recorded with every change
  std::string tool = "ds";       // recorded with every change
  /// How long a write waits for another writer, in seconds; at least a quarter, so that two short writes
  /// never see each other.
  double lock_wait_s = 0;
};

/// The on-disk project: the only thing that connects the stages. Each store is one table family of
/// index.sqlite (WAL) and its folder. Every public call that changes something is one transaction;
/// `transaction` joins several. A project may be open in many processes at once.
///
/// The index decides what exists: bytes and folders are written first and become part of the project with the
/// commit of their row, so that a process killed anywhere leaves either nothing or garbage that collect_garbage
/// finds, and never a row without what it names. Stores share one connection, and live as long as the project.
class Project {
 public:
  /// Makes a new project. Throws UsageError when the folder already holds one or is not empty.
  static void init(const std::filesystem::path& folder, ProjectSettings settings,
                   const std::vector<std::string>& class_names);
  /// `given`, else $DS_PROJECT, else the nearest parent of the working folder that holds project.yaml. Throws
  /// UsageError that says where was looked.
  static std::filesystem::path find(const std::filesystem::path& given = {});
  /// Throws UsageError when it is no project, DataError for a newer format or a damaged index.
  explicit Project(const std::filesystem::path& folder, OpenOptions options = {});
  ~Project();
  Project(Project&&) noexcept;

  const std::filesystem::path& folder() const;
  const ProjectSettings& settings() const;
  const OpenOptions& opened_with() const;

  ClassStore& classes();
  ImageStore& images();
  MediaStore& media();
  SnapshotStore& snapshots();
  RunStore& runs();
  ModelStore& models();
  EvaluationStore& evaluations();
  DeploymentStore& deployments();
  CaptureStore& captures();
  EventLog& events();

  /// All of `work` or nothing; nests. Throws Busy when another writer keeps the
  /// index longer than lock_wait_s.
  void transaction(const std::function<void()>& work);
  /// An exclusive lock on a named piece of work ("import", "retrain"), held until the result is destroyed.
  FileLock lock(const std::string& name);
  /// Number of problems found; each is given to `report` as one line (damaged index, missing blob,
  /// hash mismatch, row without its folder, count that drifted). What an interrupted command
  /// leaves behind without anything pointing to it (temporary files, blobs of no image) is no
  /// problem: `collect_garbage` removes it.
  std::size_t verify(const std::function<void(const std::string&)>& report);
  struct Garbage {
    std::size_t files = 0;
    std::uint64_t bytes = 0;
  };
  /// Removes temporary files, blobs that no image and no capture refers to, and folders without a row, all
  /// older than `min_age_s` (an import at work puts blobs before their rows). `report` gets one line each.
  Garbage collect_garbage(const std::function<void(const std::string&)>& report, double min_age_s = 3600,
                          bool dry_run = false);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ds
