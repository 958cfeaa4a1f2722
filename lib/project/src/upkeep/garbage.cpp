#include "upkeep/garbage.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <unordered_set>

#include "ds/base/walk.h"
#include "files/folders.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

class Collector {
 public:
  Collector(Database& database, fs::path folder, const std::function<void(const std::string&)>& report,
            double min_age_s, bool dry_run)
      : database_(database),
        folder_(std::move(folder)),
        report_(report),
        oldest_kept_(fs::file_time_type::clock::now() -
                     std::chrono::duration_cast<fs::file_time_type::duration>(
                         std::chrono::duration<double>(min_age_s))),
        dry_run_(dry_run) {}

  Removed run() {
    collect_temporary(folder_);
    auto blobs = names("SELECT sha256 FROM images UNION SELECT sha256 FROM captures");
    for (const auto& shelf : entries(folder_ / "media")) {
      if (!fs::is_directory(shelf)) continue;
      collect_temporary(shelf);
      for (const auto& blob : entries(shelf))
        if (!is_temporary_name(blob) && !blobs.contains(blob.stem().string()))
          collect(blob, "no image has these bytes");
    }
    for (const auto& file : entries(folder_ / "cache")) collect(file, "only saves an import time");
    collect_folders("snapshots", "SELECT id FROM snapshots");
    collect_folders("runs", "SELECT id FROM runs");
    collect_folders("models", "SELECT id FROM models");
    collect_folders("evals", "SELECT id FROM evaluations");
    return removed_;
  }

 private:
  static std::vector<fs::path> entries(const fs::path& folder) {
    std::vector<fs::path> paths;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    return paths;
  }

  std::unordered_set<std::string> names(const char* sql) {
    ReadTransaction transaction(database_);
    std::unordered_set<std::string> all;
    Statement row(database_, sql);
    while (row.step()) all.insert(row.text(0));
    return all;
  }

  void collect_temporary(const fs::path& folder) {
    for (const auto& path : entries(folder))
      if (is_temporary_name(path)) collect(path, "left by an interrupted command");
  }

  void collect_folders(const char* under, const char* sql) {
    collect_temporary(folder_ / under);
    auto known = names(sql);
    for (const auto& path : entries(folder_ / under))
      if (!is_temporary_name(path) && !known.contains(path.filename().string()))
        collect(path, "the index does not know it");
  }

  void collect(const fs::path& path, const char* why) {
    std::error_code error;
    if (auto changed = fs::last_write_time(path, error); error || changed > oldest_kept_) return;
    if (fs::is_directory(path, error)) {
      for (const auto& file : walk_files(path, {.errors = WalkErrors::ignored}))
        count(fs::file_size(file, error));
    } else {
      count(fs::file_size(path, error));
    }
    report_(fmt::format("{}: {}", path.lexically_relative(folder_).string(), why));
    if (!dry_run_) fs::remove_all(path, error);
  }

  void count(std::uintmax_t bytes) {
    ++removed_.files;
    removed_.bytes += bytes;
  }

  Database& database_;
  fs::path folder_;
  const std::function<void(const std::string&)>& report_;
  fs::file_time_type oldest_kept_;
  bool dry_run_;
  Removed removed_;
};

}  // namespace

Removed collect_project_garbage(Database& database, const fs::path& folder,
                                const std::function<void(const std::string&)>& report, double min_age_s,
                                bool dry_run) {
  return Collector(database, folder, report, min_age_s, dry_run).run();
}

}  // namespace ds::detail
