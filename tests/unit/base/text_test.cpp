#include "ds/base/text.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("numbers are read whole and without a locale") {
  REQUIRE(parse_double("1e-05") == 1e-05);
  REQUIRE(parse_double(" +2.5 ") == 2.5);
  REQUIRE_FALSE(parse_double("1,5"));
  REQUIRE_FALSE(parse_double("nan"));
  REQUIRE_FALSE(parse_double("inf"));
  REQUIRE_FALSE(parse_double(""));
  REQUIRE(parse_int("-12") == -12);
  REQUIRE_FALSE(parse_int("3.0"));
}

TEST_CASE("durations have units") {
  REQUIRE(parse_duration_s("90") == 90);
  REQUIRE(parse_duration_s("15m") == 900);
  REQUIRE(parse_duration_s("1.5h") == 5400);
  REQUIRE_FALSE(parse_duration_s("-3s"));
  REQUIRE_FALSE(parse_duration_s("soon"));
}

TEST_CASE("a double's shortest text reads back the same") {
  for (double value : {0.1, 1.0 / 3, 3.0, 1e-300, 123456789.123})
    REQUIRE(parse_double(shortest(value)) == value);
  REQUIRE(shortest(0.1) == "0.1");
}

TEST_CASE("splitting keeps empty parts, words do not") {
  REQUIRE(split("a,,b", ',') == std::vector<std::string>{"a", "", "b"});
  REQUIRE(split("", ',').empty());
  REQUIRE(split_words(" a \t b ") == std::vector<std::string>{"a", "b"});
}

TEST_CASE("people read bytes and times") {
  REQUIRE(human_bytes(812) == "812 B");
  REQUIRE(human_bytes(1500000) == "1.5 MB");
  REQUIRE(human_duration(45) == "45 s");
  REQUIRE(human_duration(190) == "3 min 10 s");
  REQUIRE(human_duration(7500) == "2 h 05 min");
}

TEST_CASE("the nearest name is near") {
  REQUIRE(nearest_name("yolox-nan", {"yolox-nano", "yolox-tiny"}) == "yolox-nano");
  REQUIRE_FALSE(nearest_name("zebra", {"car", "person"}));
}

TEST_CASE("width counts columns of a terminal") {
  REQUIRE(display_width("abc") == 3);
  REQUIRE(display_width("\xED\x95\x9C\xEA\xB8\x80") == 4);  // two Hangul syllables
  REQUIRE(display_width("\xC3\xA9") == 1);                  // e with acute
}

TEST_CASE("natural order counts numbers") {
  REQUIRE(natural_less("img2.jpg", "img10.jpg"));
  REQUIRE_FALSE(natural_less("img10.jpg", "img2.jpg"));
  REQUIRE(natural_less("a/img9", "b/img1"));
  REQUIRE_FALSE(natural_less("x", "x"));
}

TEST_CASE("counted things are one or many") {
  REQUIRE(counted(1, "image") == "1 image");
  REQUIRE(counted(0, "image") == "0 images");
  REQUIRE(counted(2, "class") == "2 classes");
  REQUIRE(counted(3, "box") == "3 boxes");
  REQUIRE(counted(1, "label is", "labels are") == "1 label is");
  REQUIRE(counted(2, "label is", "labels are") == "2 labels are");
}
