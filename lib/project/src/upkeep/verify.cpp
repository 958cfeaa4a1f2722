#include "upkeep/verify.h"

#include <fmt/format.h>

#include <vector>

#include "ds/base/error.h"
#include "ds/base/hash.h"
#include "ds/base/stop.h"
#include "images/rows.h"
#include "media/paths.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

/// Compares what the index says with itself (SQLite's own checks, tallies with the rows that they count,
/// revisions with the journal) and with the folder (blobs, manifests, one folder a row). Changes nothing and
/// stops at nothing: every problem is one line, and a file that cannot be read is one of them. Each query is a
/// read of its own, so that a long verify keeps no writer waiting.
class Verifier {
 public:
  Verifier(Database& database, fs::path folder, const std::function<void(const std::string&)>& report)
      : database_(database), folder_(std::move(folder)), report_(report) {}

  std::size_t run() {
    check_index();
    check_counts();
    check_media();
    check_snapshots();
    check_folders("run", "SELECT id FROM runs", "runs");
    check_folders("model", "SELECT id FROM models", "models");
    check_folders("evaluation", "SELECT id FROM evaluations", "evals");
    check_folders("deployment", "SELECT name FROM deployments", "deployments");
    return problems_;
  }

 private:
  void problem(const std::string& text) {
    ++problems_;
    report_(text);
  }

  std::vector<std::vector<std::string>> rows(const std::string& sql, int columns) {
    ReadTransaction transaction(database_);
    std::vector<std::vector<std::string>> all;
    Statement row(database_, sql);
    while (row.step()) {
      auto& texts = all.emplace_back();
      for (int i = 0; i < columns; ++i) texts.push_back(row.text(i));
    }
    return all;
  }

  void check_index() {
    for (const auto& row : rows("PRAGMA integrity_check", 1))
      if (row[0] != "ok") problem(fmt::format("index.sqlite: {}", row[0]));
    for (const auto& row : rows("PRAGMA foreign_key_check", 3))
      problem(fmt::format("index.sqlite: a row of {} points at no {}", row[0], row[2]));
  }

  void check_counts() {
    for (const auto& row :
         rows("SELECT i.name, i.objects, i.proposals, ifnull(n.objects, 0), ifnull(n.proposals, 0) FROM "
              "images i"
              " LEFT JOIN (SELECT image_id, sum(proposal = 0) AS objects, sum(proposal) AS proposals"
              " FROM annotations GROUP BY image_id) n ON n.image_id = i.id"
              " WHERE i.objects <> ifnull(n.objects, 0) OR i.proposals <> ifnull(n.proposals, 0)",
              5))
      problem(fmt::format("image '{}' counts {} objects and {} proposals, but has {} and {}", row[0], row[1],
                          row[2], row[3], row[4]));
    for (const auto& row :
         rows("SELECT c.name FROM classes c LEFT JOIN class_tallies t ON t.class_id = c.id"
              " LEFT JOIN (SELECT class_id, sum(proposal = 0) AS annotations, sum(proposal) AS proposals,"
              " count(DISTINCT CASE WHEN proposal = 0 THEN image_id END) AS images FROM annotations"
              " GROUP BY class_id) n ON n.class_id = c.id"
              " WHERE ifnull(t.annotations, 0) <> ifnull(n.annotations, 0)"
              " OR ifnull(t.images, 0) <> ifnull(n.images, 0)"
              " OR ifnull(t.proposals, 0) <> ifnull(n.proposals, 0)",
              1))
      problem(fmt::format("the counts of class '{}' are not those of its annotations", row[0]));
    for (const auto& row : rows("SELECT i.name, i.revision, ifnull((SELECT max(j.revision) FROM journal j "
                                "WHERE j.image_id = i.id),"
                                " 0) AS journalled FROM images i WHERE journalled <> i.revision",
                                3))
      problem(fmt::format("image '{}' is at revision {}, its journal at {}", row[0], row[1], row[2]));
  }

  void check_media() {
    for (const auto& row : rows(
             "SELECT sha256, min(name) FROM images WHERE sha256 <> '' GROUP BY sha256 ORDER BY min(id)", 2)) {
      throw_if_stopped();
      std::optional<fs::path> path;
      {
        ReadTransaction transaction(database_);
        path = find_media(database_, folder_ / "media", row[0]);
      }
      if (!path) {
        problem(fmt::format("the bytes of image '{}' are missing: {}", row[1], row[0]));
        continue;
      }
      try {
        auto found = sha256_hex_of_file(*path);
        if (found != row[0])
          problem(fmt::format("the bytes of image '{}' have changed: {} has SHA-256 {}, expected {}", row[1],
                              path->string(), found, row[0]));
      } catch (const Error& error) {
        problem(fmt::format("the bytes of image '{}' cannot be read: {}", row[1], error.what()));
      }
    }
  }

  void check_snapshots() {
    for (const auto& row : rows("SELECT id FROM snapshots ORDER BY sequence", 1)) {
      auto manifest = folder_ / "snapshots" / row[0] / "manifest.jsonl";
      std::error_code error;
      if (!fs::exists(manifest, error))
        problem(fmt::format("snapshot {} has lost its manifest {}", row[0], manifest.string()));
      else if ("s-" + sha256_hex_of_file(manifest).substr(0, 12) != row[0])
        problem(fmt::format("the manifest of snapshot {} has changed: {}", row[0], manifest.string()));
    }
  }

  void check_folders(const char* kind, const char* sql, const char* under) {
    std::error_code error;
    for (const auto& row : rows(sql, 1))
      if (auto place = folder_ / under / row[0]; !fs::is_directory(place, error))
        problem(fmt::format("{} {} has lost its folder {}", kind, row[0], place.string()));
  }

  Database& database_;
  fs::path folder_;
  const std::function<void(const std::string&)>& report_;
  std::size_t problems_ = 0;
};

}  // namespace

std::size_t verify_project(Database& database, const fs::path& folder,
                           const std::function<void(const std::string&)>& report) {
  return Verifier(database, folder, report).run();
}

}  // namespace ds::detail
