#include "ds/project/media_store.h"

#include <sys/stat.h>

#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;

TEST_CASE("blobs are named by their SHA-256 and stored once") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto sha256 = project.media().put("bytes", ".JPEG");
  REQUIRE(sha256 == sha256_hex("bytes"));
  auto path = project.media().path_of(sha256);
  REQUIRE(path == fixture.folder() / "media" / sha256.substr(0, 2) / (sha256 + ".jpg"));
  REQUIRE(read_file(path) == "bytes");
  REQUIRE(project.media().put("bytes", "png") == sha256);
  REQUIRE(std::distance(fs::directory_iterator(path.parent_path()), fs::directory_iterator()) == 1);
  REQUIRE(project.media().contains(sha256));
  REQUIRE(!project.media().contains(sha256_hex("other")));
  REQUIRE(!project.media().contains("../../etc/passwd"));
  auto odd = project.media().put("odd", "../x/y!");
  REQUIRE(project.media().path_of(odd).filename() == odd + ".xy");
}

TEST_CASE("a blob that a power loss has cut short is written again") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto sha256 = project.media().put("the whole bytes", "jpg");
  auto path = project.media().path_of(sha256);
  write_file_atomically(path, "the wh");
  REQUIRE(project.media().put("the whole bytes", "png") == sha256);
  REQUIRE(read_file(path) == "the whole bytes");
}

TEST_CASE("many blobs are stored with one commit") {
  ProjectFixture fixture;
  auto project = fixture.open();
  std::vector<Image> images;
  for (int i = 0; i < 100; ++i) {
    images.push_back(plain_image(std::to_string(i)));
    images.back().sha256 = project.media().put(images.back().name, "jpg");
  }
  project.images().add(images);
  REQUIRE(problems_of(project) == "");
}

TEST_CASE("a file is copied, linked or referred to") {
  ProjectFixture fixture;
  TemporaryFolder outside;
  auto project = fixture.open();
  auto write = [&](const std::string& name) {
    auto path = outside.path() / (name + ".png");
    write_file_atomically(path, name);
    return path;
  };
  auto copied = write("copied"), linked = write("linked"), referred = write("referred");
  auto copy_path = project.media().path_of(project.media().put_file(copied));
  REQUIRE(read_file(copy_path) == "copied");
  REQUIRE(!fs::equivalent(copy_path, copied));
  auto link_path = project.media().path_of(project.media().put_file(linked, Link::hardlink));
  REQUIRE(fs::equivalent(link_path, linked));
  REQUIRE(link_path != linked);
  auto sha256 = project.media().put_file(referred, Link::reference);
  REQUIRE(project.media().path_of(sha256) == referred);
  REQUIRE(project.media().put_file(referred, Link::reference) == sha256);
}

TEST_CASE("missing bytes are an error that names the image") {
  ProjectFixture fixture;
  TemporaryFolder outside;
  auto project = fixture.open();
  auto file = outside.path() / "a.jpg";
  write_file_atomically(file, "a.jpg");
  auto sha256 = project.media().put_file(file, Link::reference);
  project.images().add({plain_image("a.jpg"), plain_image("b.jpg")});
  fs::remove(file);
  REQUIRE(message_of<DataError>([&] { project.media().path_of(sha256); }) ==
          "the file of image 'a.jpg' is gone: " + file.string());
  auto other = sha256_hex("b.jpg");
  REQUIRE(message_of<DataError>([&] { project.media().path_of(other); }) ==
          "the bytes of image 'b.jpg' are gone: no " + other + " in " +
              (fixture.folder() / "media").string());
  REQUIRE(problems_of(project) == "the bytes of image 'a.jpg' are missing: " + sha256 +
                                      "\nthe bytes of image 'b.jpg' are missing: " + other + "\n");
}

TEST_CASE("verify notices bytes that have changed") {
  ProjectFixture fixture;
  auto project = fixture.open();
  auto id = add_with_bytes(project, plain_image("a"));
  auto path = project.media().path_of(project.images().get(id).sha256);
  write_file_atomically(path, "b");
  REQUIRE(problems_of(project) == "the bytes of image 'a' have changed: " + path.string() + " has SHA-256 " +
                                      sha256_hex("b") + ", expected " + sha256_hex("a") + "\n");
}
