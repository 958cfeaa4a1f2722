#include "ds/project/filter.h"

#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

/// Six images: names of the matches, joined.
struct FilteredProject {
  ProjectFixture fixture;
  Project project = fixture.open();

  FilteredProject() {
    auto cat = box_annotation(0, {0, 0, 10, 10});
    auto dog = box_annotation(1, {0, 0, 20, 20});
    auto proposal = dog;
    proposal.proposal = true;
    proposal.score = 0.25;
    proposal.source = Source::automatic;
    proposal.model_id = "m-1";
    auto hard_dog = dog;
    hard_dog.difficult = true;
    auto make = [](const char* name, ImageState state, Split split, std::vector<Annotation> annotations) {
      auto image = plain_image(name, std::move(annotations));
      image.state = state;
      image.split = split;
      return image;
    };
    auto a = make("cam1/a.jpg", ImageState::done, Split::train, {cat, dog});
    auto b = make("cam1/b.jpg", ImageState::done, Split::test, {cat});
    auto c = make("cam2/c.jpg", ImageState::unlabelled, Split::none, {proposal});
    auto d = make("cam2/d.jpg", ImageState::review, Split::train, {hard_dog});
    auto e = make("x \"y\".jpg", ImageState::done, Split::val, {});
    a.assignee = "ann";
    d.assignee = "bob smith";
    b.group = "g1";
    c.width = 100;
    d.time_s = 2.5;
    e.origin = "zip!x";
    project.images().add({a, b, c, d, e});
  }
  std::string operator()(const std::string& text) {
    std::string names;
    for (const auto& image : project.images().list(Filter::parse(text))) names += image.name + ";";
    REQUIRE(project.images().count(Filter::parse(text)) == project.images().list(Filter::parse(text)).size());
    return names;
  }
};

std::string refusal_of(const std::string& text) {
  return message_of<UsageError>([&] { Filter::parse(text); });
}

}  // namespace

TEST_CASE("a filter chooses by every field") {
  FilteredProject matches;
  auto all = "cam1/a.jpg;cam1/b.jpg;cam2/c.jpg;cam2/d.jpg;x \"y\".jpg;";
  REQUIRE(matches("") == all);
  REQUIRE(matches("  ") == all);
  REQUIRE(matches("name=cam1/a.jpg") == "cam1/a.jpg;");
  REQUIRE(matches("name~\"cam1/*\"") == "cam1/a.jpg;cam1/b.jpg;");
  REQUIRE(matches("name='x \"y\".jpg'") == "x \"y\".jpg;");
  REQUIRE(matches("name=\"x \\\"y\\\".jpg\"") == "x \"y\".jpg;");
  REQUIRE(matches("status=done") == "cam1/a.jpg;cam1/b.jpg;x \"y\".jpg;");
  REQUIRE(matches("status!=done") == "cam2/c.jpg;cam2/d.jpg;");
  REQUIRE(matches("split=train") == "cam1/a.jpg;cam2/d.jpg;");
  REQUIRE(matches("class=dog") == "cam1/a.jpg;cam2/c.jpg;cam2/d.jpg;");
  REQUIRE(matches("class!=dog") == "cam1/b.jpg;x \"y\".jpg;");
  REQUIRE(matches("class~\"*\"") == "cam1/a.jpg;cam1/b.jpg;cam2/c.jpg;cam2/d.jpg;");
  REQUIRE(matches("class=nothing") == "");
  REQUIRE(matches("assignee=ann") == "cam1/a.jpg;");
  REQUIRE(matches("assignee=\"bob smith\"") == "cam2/d.jpg;");
  REQUIRE(matches("assignee=\"\"") == "cam1/b.jpg;cam2/c.jpg;x \"y\".jpg;");
  REQUIRE(matches("group=g1") == "cam1/b.jpg;");
  REQUIRE(matches("origin~zip*") == "x \"y\".jpg;");
  REQUIRE(matches("width<640") == "cam2/c.jpg;");
  REQUIRE(matches("height>=480") == all);
  REQUIRE(matches("objects=0") == "cam2/c.jpg;x \"y\".jpg;");
  REQUIRE(matches("objects>1") == "cam1/a.jpg;");
  REQUIRE(matches("proposals=1") == "cam2/c.jpg;");
  REQUIRE(matches("source=automatic") == "cam2/c.jpg;");
  REQUIRE(matches("model=m-1") == "cam2/c.jpg;");
  REQUIRE(matches("score<0.3") == "cam2/c.jpg;");
  REQUIRE(matches("score>0.3") == "");
  REQUIRE(matches("id=2") == "cam1/b.jpg;");
  REQUIRE(matches("id>=10") == "");  // as numbers: as texts "2" would be greater than "10"
  REQUIRE(matches("time>2") == "cam2/d.jpg;");
  REQUIRE(matches("not time>2") == "cam1/a.jpg;cam1/b.jpg;cam2/c.jpg;x \"y\".jpg;");
  REQUIRE(matches("difficult=true") == "cam2/d.jpg;");
  REQUIRE(matches("difficult=no") == "cam1/a.jpg;cam1/b.jpg;cam2/c.jpg;x \"y\".jpg;");
  REQUIRE(matches("difficult!=false") == "cam2/d.jpg;");
  REQUIRE(matches("crowd=true") == "");
}

TEST_CASE("and binds closer than or, not closer than both") {
  FilteredProject matches;
  REQUIRE(matches("status=done and class=dog or status=review") == "cam1/a.jpg;cam2/d.jpg;");
  REQUIRE(matches("status=done and (class=dog or split=test)") == "cam1/a.jpg;cam1/b.jpg;");
  REQUIRE(matches("not status=done and class=dog") == "cam2/c.jpg;cam2/d.jpg;");
  REQUIRE(matches("NOT (status=done AND class=cat)") == "cam2/c.jpg;cam2/d.jpg;x \"y\".jpg;");
  REQUIRE(matches("status=done and class=cat and split!=test and name~\"cam1/*\"") == "cam1/a.jpg;");
}

TEST_CASE("values are bound, never part of the SQL") {
  FilteredProject matches;
  REQUIRE(matches("name=\"' OR 1 OR '\"") == "");
  REQUIRE(Filter::parse("name=\"' OR 1\"").sql() == "i.name = ?");
  REQUIRE(Filter::parse("name=\"' OR 1\"").bindings() == std::vector<std::string>{"' OR 1"});
}

TEST_CASE("a filter's mistakes are shown with a caret") {
  REQUIRE(refusal_of("split=train and statsu=done") ==
          "filter, column 17: unknown field 'statsu'; known: name, status, split, class, assignee, group, "
          "origin, width, height, objects, source, model, score, id, time, proposals, difficult, crowd, tag, "
          "absent\n"
          "  split=train and statsu=done\n"
          "                  ^");
  REQUIRE(advice_of<UsageError>([] { Filter::parse("statsu=done"); }) == "did you mean 'status'?");
  REQUIRE(
      refusal_of("status=dnoe") ==
      "filter, column 8: unknown status 'dnoe'; known: unlabelled, queued, working, review, done, rejected\n"
      "  status=dnoe\n         ^");
  REQUIRE(refusal_of("name=\"abc") == "filter, column 6: this quote is not closed\n  name=\"abc\n       ^");
  REQUIRE(refusal_of("(status=done") ==
          "filter, column 1: this parenthesis is not closed\n  (status=done\n  ^");
  REQUIRE(
      refusal_of("status==done") ==
      "filter, column 7: '==' is no operator; expected one of = != < <= > >= ~\n  status==done\n        ^");
  REQUIRE(refusal_of("width~3") ==
          "filter, column 6: '~' compares texts, and width is a number\n  width~3\n       ^");
  REQUIRE(refusal_of("name<3") ==
          "filter, column 5: '<' compares numbers, and name is a text\n  name<3\n      ^");
  REQUIRE(refusal_of("split<train") ==
          "filter, column 6: split is compared with = or != only\n  split<train\n       ^");
  REQUIRE(refusal_of("width=wide") ==
          "filter, column 7: 'wide' is not a number, and width is one\n  width=wide\n        ^");
  REQUIRE(refusal_of("crowd=maybe") ==
          "filter, column 7: 'maybe' is neither true nor false\n  crowd=maybe\n        ^");
  REQUIRE(refusal_of("status") ==
          "filter, column 7: expected an operator after 'status': = != < <= > >= ~\n  status\n        ^");
  REQUIRE(refusal_of("status=") ==
          "filter, column 8: expected a value after 'status='\n  status=\n         ^");
  REQUIRE(
      refusal_of("status=done and") ==
      "filter, column 16: the filter ends where a field is expected\n  status=done and\n                 ^");
  REQUIRE(refusal_of("status=done split=test") ==
          "filter, column 13: found 'split', expected 'and', 'or' or the end\n"
          "  status=done split=test\n              ^");
  // The caret counts columns of the terminal, not bytes: the e with an accent is one.
  REQUIRE(refusal_of("name=\xC3\xA9 foo") ==
          "filter, column 8: found 'foo', expected 'and', 'or' or the end\n  name=\xC3\xA9 foo\n         ^");
  REQUIRE(refusal_of(std::string(5000, '('))
              .starts_with("filter, column 201: the filter has more than 200 terms"));
}
