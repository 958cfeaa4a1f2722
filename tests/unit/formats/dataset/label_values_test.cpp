// Labelling tools' files in which any one value is something else.
#include <fstream>
#include <nlohmann/json.hpp>

#include "fixtures/label_tools.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::testing;
using nlohmann::json;

// Every place in the document, the document itself apart.
void places_in(const json& value, const json::json_pointer& at, std::vector<json::json_pointer>& places) {
  if (!at.empty()) places.push_back(at);
  if (!value.is_structured()) return;
  std::size_t i = 0;
  for (const auto& [key, child] : value.items()) {
    // Long lists of numbers are alike.
    if (value.is_array() && i++ > 3) break;
    places_in(child, value.is_array() ? at / (i - 1) : at / key, places);
  }
}

void read_with_every_value_exchanged(const std::string& format, const std::string& file) {
  EveryKind kinds;
  kinds.dataset.images[3].annotations = {
      {.class_idx = 1, .shape = Box{1, 2, 3, 4}, .score = 0.75, .model_id = "m1", .proposal = true}};
  write_dataset(kinds.dataset, kinds.files, kinds.out(), format,
                {.allow_loss = {"all"}, .with_images = true});
  auto whole = json::parse(read_file(kinds.out() / file));
  std::vector<json::json_pointer> places;
  places_in(whole, json::json_pointer(), places);
  REQUIRE(places.size() > 30);
  const std::vector<json> others = {
      nullptr, 7, "x", json::array(), json::object(), true, json::array({nullptr, 1})};
  for (std::size_t i = 0; i < places.size(); ++i) {
    auto text = places[i].to_string();
    bool deep = std::count(text.begin(), text.end(), '/') > 5;
    for (std::size_t k = 0; k < others.size(); ++k) {
      if (deep && k != i % others.size()) continue;
      auto document = whole;
      document[places[i]] = others[k];
      // Not flushed to the disk: there are thousands.
      std::ofstream(kinds.out() / file) << document.dump();
      CAPTURE(format, text, others[k].dump());
      try {
        auto read = read_dataset(kinds.out(), format);
        REQUIRE(read.files.size() == read.dataset.images.size());
      } catch (const Error& error) {
        REQUIRE(std::string(error.what()).find(kinds.out().string()) == 0);
      }
    }
  }
}

}  // namespace

TEST_CASE("labelme: any value may be something else") {
  read_with_every_value_exchanged("labelme", "train/scene_0000.json");
  read_with_every_value_exchanged("labelme", "val/scene_0001.json");
}

TEST_CASE("label studio: any value may be something else") {
  read_with_every_value_exchanged("label-studio", "tasks.json");
}

TEST_CASE("datumaro: any value may be something else") {
  read_with_every_value_exchanged("datumaro", "annotations/train.json");
  read_with_every_value_exchanged("datumaro", "annotations/val.json");
}

TEST_CASE("via: any value may be something else") {
  read_with_every_value_exchanged("via", "via_project.json");
}
