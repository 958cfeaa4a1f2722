// CVAT XML 1.1, read.

#include "fixtures/sequence_fixture.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::sequence_testing;
namespace fs = std::filesystem;

const std::string kOpen = "<annotations>\n<version>1.1</version>\n";

std::string video_meta(const std::string& more = {}) {
  return "<meta><task><name>clip</name><mode>interpolation</mode><start_frame>10</start_frame>"
         "<stop_frame>22</stop_frame><frame_filter>step=3</frame_filter>" +
         more +
         "<original_size><width>64</width><height>48</height></original_size></task>"
         "<source>clip.mp4</source></meta>\n";
}

std::vector<std::string> image_names(const ReadResult& result) {
  std::vector<std::string> names;
  for (const auto& image : result.dataset.images) names.push_back(image.name);
  return names;
}

}  // namespace

TEST_CASE("cvat: the task export has 2 images and 4 shapes, two of them with an empty label") {
  if (shared_is_absent(kAssets + "cvat_dataset")) return;
  auto result = read_dataset(shared_folder() / (kAssets + "cvat_dataset/for_images/export_task"), "auto");
  REQUIRE(result.format == "cvat");
  REQUIRE(result.dataset.annotation_count() == 4);
  REQUIRE(image_names(result) == std::vector<std::string>{"img0.jpg", "img1.jpg"});
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"label1", "label2", "(no label)"});
  REQUIRE(count_code(result, "EMPTY_LABEL") == 2);
  const auto& image = result.dataset.images[0];
  REQUIRE(image.split == Split::train);  // the file is train.xml
  REQUIRE(image.state == ImageState::done);
  const auto& box = image.annotations[0];
  REQUIRE(box.shape == Shape(Box{0, 2, 4, 4}));
  REQUIRE(box.occluded == 1.0);
  REQUIRE(box.z == 1);
  REQUIRE(box.attributes ==
          std::map<std::string, std::string>{{"a1", "true"}, {"a2", "v3"}, {"a3", "0003"}, {"a4", "2.4"}});
  REQUIRE(image.annotations[1].shape == Shape(Polyline{{{1, 2}, {3, 4}, {5, 6}, {7, 8}}}));
  REQUIRE_FALSE(image.annotations[1].occluded.has_value());
  REQUIRE(result.dataset.images[1].annotations[1].shape ==
          Shape(KeyPoints{{{1, 2}, {3, 4}, {5, 6}}, {2, 2, 2}, {1, 2, 5, 6}}));
}

TEST_CASE("cvat: the video export has 3 tracks, 7 shapes, 3 of them visible") {
  if (shared_is_absent(kAssets + "cvat_dataset")) return;
  auto result = read_dataset(shared_folder() / (kAssets + "cvat_dataset/for_video"), "auto");
  REQUIRE(result.format == "cvat");
  REQUIRE(image_names(result) ==
          std::vector<std::string>{"frame_000010.png", "frame_000013.png", "frame_000016.png"});
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"klhg", "z U k", "II"});
  const auto& first = result.dataset.images[0].annotations;
  REQUIRE(first.size() == 2);
  REQUIRE(first[0].shape == Shape(Box{3, 4, 10, 5}));
  REQUIRE(first[0].track_id == 0);
  REQUIRE(first[1].attributes == std::map<std::string, std::string>{{"hgl", "hgkf"}, {"keyframe", "true"}});
  REQUIRE(result.dataset.images[1].annotations.size() == 1);
  REQUIRE(result.dataset.images[2].annotations.empty());
  REQUIRE(result.dataset.images[2].state == ImageState::unlabelled);
  for (const auto& image : result.dataset.images) REQUIRE(image.group == "t.mp4");
}

TEST_CASE("cvat: a project repeats names across subsets") {
  if (shared_is_absent(kAssets + "cvat_dataset")) return;
  auto result = read_dataset(shared_folder() / (kAssets + "cvat_dataset/for_images/export_project"), "auto");
  REQUIRE(result.dataset.images.size() == 6);
  const auto& first = result.dataset.images[0];
  REQUIRE(first.name == "Test/img0.jpg");
  REQUIRE(first.split == Split::test);
  REQUIRE(first.attributes == std::map<std::string, std::string>{{"task_id", "39"}});
  for (const auto& file : result.files) REQUIRE(fs::is_regular_file(file));
  auto counts = summarize(result.dataset).images_of_split;
  REQUIRE(counts == std::array<std::size_t, 4>{0, 2, 2, 2});
}

TEST_CASE("cvat: only its own folders are taken for it") {
  if (shared_is_absent(kAssets)) return;
  REQUIRE(folders_taken_for("cvat") == std::set<std::string>{"cvat_dataset", "cvat_dataset/for_images",
                                                             "cvat_dataset/for_images/export_project",
                                                             "cvat_dataset/for_images/export_task",
                                                             "cvat_dataset/for_video"});
}

TEST_CASE("cvat: every kind of shape, and its marks") {
  FormatFixture data;
  data.image("images/a.jpg");
  data.write("annotations.xml", kOpen +
                                    R"(<image id="0" name="a.jpg" width="64" height="48">
<box label="car" source="auto" occluded="0" xtl="-3.5" ytl="2" xbr="10.25" ybr="8" rotation="30.5" z_order="-2" group_id="7"/>
<ellipse label="car" occluded="1" cx="20" cy="10" rx="5" ry="2.5" rotation="45"/>
<mask label="car" occluded="0" rle="1, 2, 2, 1" left="3" top="4" width="3" height="2"/>
<cuboid label="car" occluded="0" xtl1="1" ytl1="1" xbl1="1" ybl1="5" xtr1="6" ytr1="1" xbr1="6" ybr1="5" xtl2="8" ytl2="0" xbl2="8" ybl2="4" xtr2="5" ytr2="0" xbr2="5" ybr2="4"/>
<skeleton label="body"><points label="nose" outside="0" occluded="0" points="1,2"/><points label="hand" outside="0" occluded="1" points="5,9"/><points label="foot" outside="1" occluded="0" points="0,0"/></skeleton>
<polygon label="car" points="1,1;9,1;9,7;"><attribute name="difficult">true</attribute><attribute name="track_id">12</attribute><attribute name="score">0.5</attribute><attribute name="note"> </attribute></polygon>
<tag label="night"><attribute name="lamp">on</attribute></tag>
</image></annotations>)");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"car", "body", "night"});
  REQUIRE(result.dataset.classes[1].key_points == std::vector<std::string>{"nose", "hand", "foot"});
  const auto& image = result.dataset.images.at(0);
  const auto& all = image.annotations;
  REQUIRE(all.size() == 6);
  // centre ((-3.5 + 10.25) / 2, (2 + 8) / 2), sides 13.75 and 6
  REQUIRE(all[0].shape == Shape(RotatedBox{3.375, 5, 13.75, 6, 30.5}));
  REQUIRE(all[0].z == -2);
  REQUIRE(all[0].group_id == 7);
  REQUIRE(all[0].attributes == std::map<std::string, std::string>{{"source", "auto"}});
  REQUIRE(all[1].shape == Shape(Ellipse{20, 10, 5, 2.5, 45}));
  // Rows of the crop .##/..# at 3,4: by columns of 48 rows (4,4), (5,4), (5,5).
  // zeros before: 4*48+4 = 196; then 1; to (5,4): 47; then 2; rest 64*48-246 = 2826
  REQUIRE(all[2].shape == Shape(RunLengthMask{48, 64, {196, 1, 47, 2, 2826}}));
  // Corners 6,1 and 5,0 lie inside or on the hull of the others.
  REQUIRE(all[3].box() == Box{1, 0, 8, 5});
  REQUIRE(all[3].attributes ==
          std::map<std::string, std::string>{{"cuboid", "1 1 1 5 6 1 6 5 8 0 8 4 5 0 5 4"}});
  REQUIRE(all[4].shape == Shape(KeyPoints{{{1, 2}, {5, 9}, {0, 0}}, {2, 1, 0}, {1, 2, 5, 9}}));
  REQUIRE(all[5].difficult);
  REQUIRE(all[5].track_id == 12);
  REQUIRE(all[5].score == 0.5);
  REQUIRE(all[5].attributes == std::map<std::string, std::string>{{"note", " "}});
  REQUIRE(image.tags == std::vector<ImageTag>{{2, true}});
  REQUIRE(image.attributes == std::map<std::string, std::string>{{"night.lamp", "on"}});
  // 3.375 - (13.75 / 2 cos 30.5 + 6 / 2 sin 30.5) = -4.071: the turned box begins outside
  REQUIRE(all[0].box().x0 == Approx(-4.0713).margin(1e-4));
  REQUIRE(result.issues.size() == 1);
  REQUIRE(result.issues[0].code == "BOX_OUTSIDE_IMAGE");
  REQUIRE(result.issues[0].location.line == 4);
}

TEST_CASE("cvat: one bad shape is named with its line, its neighbours stay") {
  FormatFixture data;
  data.image("images/a.jpg");
  data.write("annotations.xml", kOpen + R"(<image id="0" name="a.jpg" width="64" height="48">
<box label="car" xtl="nan" ytl="2" xbr="10" ybr="8"/>
<box label="car" ytl="2" xbr="10" ybr="8"/>
<polygon label="car" points="1,1;9,1"/>
<polygon label="car" points="1,1;9;3,4"/>
<mask label="car" rle="1, 2" left="3" top="4" width="3" height="2"/>
<mask label="car" rle="1, 5" left="63" top="4" width="3" height="2"/>
<circle label="car"/>
<box label="car" xtl=" +1e0 " ytl="2" xbr="10" ybr="8"/>
</image><image id="1" width="4" height="4"/></annotations>)");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(result.dataset.images.at(0).annotations.size() == 1);
  REQUIRE(result.dataset.images[0].annotations[0].box() == Box{1, 2, 10, 8});
  REQUIRE(result.dataset.images[0].annotations[0].provenance.place == "11");
  REQUIRE(
      issue_texts(result, data.path()) ==
      std::vector<std::string>{
          "error BAD_NUMBER annotations.xml:4: <box> (car) xtl is 'nan', not a finite number; left out",
          "error BAD_ROW annotations.xml:5: <box> (car) has no xtl; left out",
          "error BAD_ROW annotations.xml:6: <polygon> (car) has 2 points, needs 3; left out",
          "error BAD_NUMBER annotations.xml:7: <polygon> (car) point '9' is not two finite numbers; left out",
          "error BAD_ROW annotations.xml:8: <mask> (car) the mask's runs sum to 3, 3x2 needs 6; left out",
          "error BAD_ROW annotations.xml:9: <mask> (car) the mask's 3x2 at 63, 4 is not inside the image "
          "64x48; "
          "left out",
          "error BAD_ROW annotations.xml:10: <circle> is no shape of CVAT; left out",
          "error BAD_ROW annotations.xml:12: <image> has no name; left out"});
}

TEST_CASE("cvat: a file that breaks off gives what stands before") {
  FormatFixture data;
  data.image("a.jpg");
  data.image("b.jpg");
  data.write("annotations.xml", kOpen + R"(<image id="0" name="a.jpg" width="64" height="48">
<box label="car" xtl="1" ytl="2" xbr="10" ybr="8"/></image>
<image id="1" name="b.jpg" width="64" height="48">
<box label="car" xtl="1" ytl="2")");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(image_names(result) == std::vector<std::string>{"a.jpg"});
  REQUIRE(count_code(result, "BAD_FILE") == 1);
  REQUIRE(result.issues[0].location.line == 6);
}

TEST_CASE("cvat: no file, a label that meta lacks, names that climb out of the folder") {
  FormatFixture data;
  REQUIRE_THROWS_WITH(read_dataset(data.path(), "cvat"),
                      data.path().string() + ": no CVAT file (.xml with <annotations>)");
  data.write(
      "annotations.xml",
      kOpen +
          R"(<meta><job><labels><label><name>car</name><color>#fa3253</color></label></labels></job></meta>
<image id="0" name="..\..\a.jpg" width="64" height="48" subset="../x"><box label="cat" xtl="1" ytl="2" xbr="10" ybr="8"/></image></annotations>)");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(result.dataset.classes[0].color == "#fa3253");
  REQUIRE(image_names(result) == std::vector<std::string>{"a.jpg"});
  REQUIRE(issue_texts(result, data.path()) ==
          std::vector<std::string>{"error MISSING_IMAGE annotations.xml:4: '../../a.jpg' is not there",
                                   "warning UNKNOWN_CLASS annotations.xml:4: <meta> does not declare label "
                                   "'cat'; it becomes a class"});
  auto written = annotation_formats().at("cvat").value.write(result.dataset, {});
  REQUIRE(written.images == std::map<std::string, std::size_t>{{"images/a.jpg", 0}});
}

TEST_CASE("cvat: a track with keyframes only is filled in between them") {
  FormatFixture data;
  data.image("images/frame_000010.jpg");
  data.write("annotations.xml", kOpen + video_meta() +
                                    R"(<track id="4" label="car" group_id="2" source="auto">
<box frame="10" outside="0" keyframe="1" occluded="1" xtl="0" ytl="0" xbr="10" ybr="10"><attribute name="side">left</attribute></box>
<box frame="16" outside="0" keyframe="1" occluded="0" xtl="6" ytl="0" xbr="20" ybr="10"/>
<box frame="22" outside="1" keyframe="1" occluded="0" xtl="12" ytl="0" xbr="20" ybr="10"/>
</track>
<track id="5" label="car"><box frame="19" outside="0" xtl="1" ytl="1" xbr="2" ybr="2"/></track>
</annotations>)");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(image_names(result) == std::vector<std::string>{"frame_000010.jpg", "frame_000013.png",
                                                          "frame_000016.png", "frame_000019.png",
                                                          "frame_000022.png"});
  auto box = [&](std::size_t image) { return result.dataset.images[image].annotations.at(0).box(); };
  REQUIRE(box(0) == Box{0, 0, 10, 10});
  // half way from 0..10 to 6..20, then half way from 6..20 to 12..20
  REQUIRE(box(1) == Box{3, 0, 15, 10});
  REQUIRE(box(2) == Box{6, 0, 20, 10});
  REQUIRE(box(3) == Box{9, 0, 20, 10});
  const auto& between = result.dataset.images[1].annotations[0];
  REQUIRE(between.attributes ==
          std::map<std::string, std::string>{{"keyframe", "false"}, {"side", "left"}, {"source", "auto"}});
  REQUIRE(between.occluded == 1.0);
  REQUIRE(between.track_id == 4);
  REQUIRE(between.group_id == 2);
  // Track 4 is outside in frame 22; track 5 lasts until the task's end.
  REQUIRE(result.dataset.images[3].annotations.size() == 2);
  REQUIRE(result.dataset.images[4].annotations.size() == 1);
  REQUIRE(result.dataset.images[4].annotations[0].track_id == 5);
  REQUIRE(count_code(result, "MISSING_IMAGE") == 1);
}

TEST_CASE("cvat: frames that the task does not have, bad frames, two shapes in one frame") {
  FormatFixture data;
  data.write("annotations.xml", kOpen + video_meta() + R"(<track id="4" label="car">
<box frame="11" outside="0" xtl="0" ytl="0" xbr="10" ybr="10"/>
<box frame="x" outside="0" xtl="0" ytl="0" xbr="10" ybr="10"/>
<box frame="13" outside="1" xtl="0" ytl="0" xbr="10" ybr="10"/>
<box frame="13" outside="0" xtl="0" ytl="0" xbr="10" ybr="10"/>
</track></annotations>)");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(image_names(result) == std::vector<std::string>{"frame_000011.png"});
  REQUIRE(
      issue_texts(result, data.path()) ==
      std::vector<std::string>{
          "error BAD_ROW annotations.xml:6: <box> has frame 'x', not a number from 0; left out",
          "error BAD_ROW annotations.xml:8: <box> is a second shape of the track in frame 13; left out",
          "warning FRAME_OFF_GRID annotations.xml:5: frame 11 is none of the task's (from 10, step 3); kept",
          "error MISSING_IMAGE annotations.xml: 1 frames of clip.mp4 have no picture frame_NUMBER (first: "
          "frame_000011.png)"});
}
