#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <set>

#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;

namespace {

/// Runs `work` in a child that opens the project itself; kills it after `delay_us` unless it has ended. True
/// when it ended by itself.
bool run_and_kill(const ProjectFixture& fixture, long delay_us, const std::function<void(Project&)>& work) {
  int started[2];
  if (pipe(started) != 0) return false;
  auto child = fork();
  if (child == 0) {
    try {
      auto project = fixture.open("child", 5);
      if (write(started[1], "x", 1) != 1) _exit(1);
      work(project);
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  close(started[1]);
  char byte = 0;
  bool ready = read(started[0], &byte, 1) == 1;
  close(started[0]);
  if (delay_us > 0) usleep(static_cast<useconds_t>(delay_us));
  if (ready) kill(child, SIGKILL);
  int status = 0;
  waitpid(child, &status, 0);
  REQUIRE((WIFSIGNALED(status) || WEXITSTATUS(status) == 0));
  return WIFEXITED(status);
}

/// Kills later and later until the work gets through; `check(finished)` looks at what is left each time.
void kill_at_many_moments(const ProjectFixture& fixture, const std::function<void(Project&)>& work,
                          const std::function<void(Project&, bool)>& check) {
  long delay_us = 0;
  for (int round = 0; round < 40; ++round) {
    bool finished = run_and_kill(fixture, delay_us, work);
    auto project = fixture.open();
    REQUIRE(problems_of(project) == "");
    check(project, finished);
    if (finished) return;
    delay_us = delay_us * 3 / 2 + 500;
  }
  FAIL("the work was never allowed to finish");
}

std::vector<Image> many_images(const std::string& prefix, int count) {
  std::vector<Image> images;
  for (int i = 0; i < count; ++i) {
    images.push_back(plain_image(prefix + std::to_string(i)));
    images.back().sha256.clear();  // rows only: the blobs have their own test
    for (int k = 0; k < 4; ++k)
      images.back().annotations.push_back(box_annotation(k % 3, {0, 0, 1.0 + k, 2}));
  }
  return images;
}

}  // namespace

TEST_CASE("kill -9 in a bulk add leaves all of it or nothing") {
  ProjectFixture fixture;
  std::size_t rounds = 0;
  kill_at_many_moments(
      fixture, [](Project& project) { project.images().add(many_images("i", 1500)); },
      [&](Project& project, bool finished) {
        ++rounds;
        auto counts = project.images().counts();
        REQUIRE((counts.images == 0 || counts.images == 1500));
        REQUIRE(counts.annotations == counts.images * 4);
        if (finished) REQUIRE(counts.images == 1500);
      });
  REQUIRE(rounds > 1);
}

TEST_CASE("kill -9 between the rows and the commit leaves nothing") {
  ProjectFixture fixture;
  run_and_kill(fixture, 5'000'000, [](Project& project) {
    project.transaction([&] {
      project.images().add(many_images("i", 100));
      raise(SIGKILL);
    });
  });
  auto project = fixture.open();
  REQUIRE(project.images().count() == 0);
  REQUIRE(problems_of(project) == "");
}

TEST_CASE("kill -9 in edits leaves the last whole one") {
  ProjectFixture fixture;
  auto id = [&] {
    auto project = fixture.open();
    return add_with_bytes(project, plain_image("a"));
  }();
  std::int64_t seen = 1;
  kill_at_many_moments(
      fixture,
      [&](Project& project) {
        for (int i = 0; i < 30; ++i) {
          auto list = project.images().get(id).annotations;
          list.push_back(box_annotation(0, {0, 0, 1, 1}));
          project.images().edit(id, {.annotations = list});
        }
      },
      [&](Project& project, bool) {
        auto image = project.images().get(id);
        // Each edit adds one annotation, one revision and one entry: they never disagree.
        REQUIRE(static_cast<std::int64_t>(image.annotations.size()) == image.revision - 1);
        REQUIRE(static_cast<std::int64_t>(project.images().history(id).size()) == image.revision);
        REQUIRE(image.revision >= seen);
        seen = image.revision;
      });
  auto project = fixture.open();
  project.images().undo(id);
  REQUIRE(problems_of(project) == "");
}

TEST_CASE("kill -9 in a snapshot leaves it whole or not at all, and the next one is the same") {
  ProjectFixture fixture;
  fixture.open().images().add(many_images("i", 1000));
  std::set<std::string> ids;
  kill_at_many_moments(
      fixture, [](Project& project) { project.snapshots().create({}); },
      [&](Project& project, bool) {
        for (const auto& record : project.snapshots().list()) {
          ids.insert(record.id);
          REQUIRE(project.snapshots().load(record.id).images.size() == 1000);
        }
      });
  REQUIRE(ids.size() == 1);
  auto project = fixture.open();
  project.collect_garbage([](const std::string&) {}, -1);
  REQUIRE(project.snapshots().create({}).id == *ids.begin());
}

TEST_CASE("kill -9 while a model's files are written leaves no model") {
  ProjectFixture fixture;
  run_and_kill(fixture, 5'000'000, [](Project& project) {
    project.models().add({.id = "m-1"}, [](const fs::path& folder) {
      write_file_atomically(folder / "model.yaml", "half");
      raise(SIGKILL);
    });
  });
  auto project = fixture.open();
  REQUIRE(project.models().list().empty());
  REQUIRE(!fs::exists(fixture.folder() / "models" / "m-1"));
  REQUIRE(problems_of(project) == "");
  project.models().add({.id = "m-1"}, [](const fs::path&) {});
}

TEST_CASE("kill -9 in adding models leaves whole ones") {
  ProjectFixture fixture;
  std::string weights(300'000, 'w');
  kill_at_many_moments(
      fixture,
      [&](Project& project) {
        for (int i = 0; i < 5; ++i) {
          auto model = project.models().add({}, [&](const fs::path& folder) {
            write_file_atomically(folder / "weights.safetensors", weights);
            write_file_atomically(folder / "model.yaml", "card");
          });
          project.models().set_alias("champion", model.id);
        }
      },
      [&](Project& project, bool) {
        for (const auto& model : project.models().list()) {
          REQUIRE(read_file(model.folder / "weights.safetensors").size() == weights.size());
          REQUIRE(read_file(model.folder / "model.yaml") == "card");
        }
      });
}

TEST_CASE("kill -9 while blobs are stored leaves whole ones") {
  ProjectFixture fixture;
  kill_at_many_moments(
      fixture,
      [](Project& project) {
        for (int i = 0; i < 20; ++i) {
          Image image = plain_image("i" + std::to_string(i));
          image.sha256 = project.media().put(std::string(200'000, static_cast<char>('a' + i)), "jpg");
          project.images().add({image});
        }
      },
      [](Project&, bool) {});
  REQUIRE(fixture.open().images().count() == 20);
}
