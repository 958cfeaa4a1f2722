#include <signal.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <iostream>

#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;

namespace {

/// While it lives no file can grow beyond `bytes`: writing fails as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

std::vector<Image> many_images(int count) {
  std::vector<Image> images;
  for (int i = 0; i < count; ++i) {
    images.push_back(plain_image("i" + std::to_string(i), {box_annotation(0, {0, 0, 1, 1})}));
    images.back().sha256.clear();
  }
  return images;
}

/// A small file system of its own; empty when this user may not mount one.
class SmallDisk {
 public:
  SmallDisk() {
    if (geteuid() == 0 && mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=2m") == 0) mounted_ = true;
  }
  ~SmallDisk() {
    if (mounted_) umount2(folder_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool mounted() const { return mounted_; }
  fs::path path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
  bool mounted_ = false;
};

}  // namespace

TEST_CASE("a full disk is Busy, and the project is as it was") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = add_with_bytes(project, plain_image("a"));
  project.media().put("there", "jpg");
  std::string big(400'000, 'x');
  {
    FileSizeLimit limit(200'000);
    auto index = (fixture.folder() / "index.sqlite").string();
    REQUIRE(message_of<Busy>([&] { project.images().add(many_images(5000)); }) ==
            "cannot write " + index + ": disk I/O error");
    REQUIRE(advice_of<Busy>([&] { project.images().add(many_images(5000)); }) ==
            "free some space and run the same command again; the project is as it was before");
    auto message = message_of<Busy>([&] { project.media().put(big, "jpg"); });
    REQUIRE(message.starts_with("cannot write " + (fixture.folder() / "media").string()));
    REQUIRE(message.ends_with(": File too large"));
    REQUIRE(message_of<Busy>([&] {
              project.models().add({}, [&](const fs::path& folder) {
                write_file_atomically(folder / "weights.safetensors", big);
              });
            }).ends_with(": File too large"));
    REQUIRE(project.images().count() == 1);
  }
  REQUIRE(problems_of(project) == "");
  REQUIRE(project.images().count() == 1);
  REQUIRE(project.models().list().empty());
  REQUIRE(fs::is_empty(fixture.folder() / "models"));
  // The same commands work when there is space again.
  project.images().add(many_images(5000));
  project.images().edit(id, {.assignee = "ann"});
  REQUIRE(project.images().count() == 5001);
  REQUIRE(project.media().put(big, "jpg") == sha256_hex(big));
}

TEST_CASE("a file system that runs full is Busy everywhere, and the project is as it was") {
  SmallDisk disk;
  if (!disk.mounted()) {
    std::cout << "SKIPPED: mounting a small file system needs root\n";
    return;
  }
  auto folder = disk.path() / "p";
  Project::init(folder, {.name = "small"}, {"cat"});
  Project project(folder);
  auto id = add_with_bytes(project, plain_image("a"));
  project.events().add({.kind = "before"});
  REQUIRE(message_of<Busy>([&] {
            for (int i = 0; i < 100; ++i)
              project.media().put(std::string(50'000, 'a') + std::to_string(i), "jpg");
          }).ends_with(": No space left on device"));
  // Fill the last pages too.
  REQUIRE(message_of<Busy>([&] {
            for (int i = 0; i < 1000; ++i) write_file_atomically(disk.path() / std::to_string(i), "x");
          }).ends_with(": No space left on device"));
  REQUIRE(message_of<Busy>([&] {
            project.images().add(many_images(5000));
          }).starts_with("cannot write " + (folder / "index.sqlite").string()));
  REQUIRE(message_of<Busy>([&] { project.snapshots().create({}); }) != "nothing was thrown");
  REQUIRE(message_of<Busy>([&] {
            write_settings(folder / "project.yaml", project.settings());
          }).ends_with(": No space left on device"));
  REQUIRE(project.images().count() == 1);
  REQUIRE(problems_of(project) == "");
  REQUIRE(Project(folder).settings().name == "small");

  for (const auto& entry : fs::directory_iterator(disk.path()))
    if (entry.is_regular_file()) fs::remove(entry.path());
  project.collect_garbage([](const std::string&) {}, -1);
  project.images().edit(id, {.assignee = "ann"});
  project.snapshots().create({});
  REQUIRE(project.events().list().size() == 1);
  REQUIRE(problems_of(project) == "");
}
