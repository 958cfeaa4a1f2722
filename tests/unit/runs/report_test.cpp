#include "ds/runs/report.h"

#include <opencv2/core.hpp>

#include "ds/media/image_io.h"
#include "made_runs.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::made_run;

namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

std::size_t pixels_of(const cv::Mat& image, const cv::Vec3b& color) {
  std::size_t count = 0;
  for (int y = 0; y < image.rows; ++y)
    for (int x = 0; x < image.cols; ++x) count += image.at<cv::Vec3b>(y, x) == color;
  return count;
}

}  // namespace

TEST_CASE("run report: every epoch with all that was measured, as CSV") {
  auto run = made_run("r-1", RunState::done, 2, 2);
  REQUIRE(
      epochs_table({run}).to_csv() ==
      "run,epoch,step,loss,loss_iou,loss_class,learning_rate,gradient_norm,foreground,images_per_s,elapsed_s,"
      "closing,ap,ap50,ap_disc,ap_square\r\n"
      "r-1,1,10,8,5,3,0.002,0,0,30,10,0,,,,\r\n"
      "r-1,2,20,4,2.5,1.5,0.002,0,0,30,20,1,0.1,0.75,0.5,\r\n");
}

TEST_CASE("run report: candidates side by side") {
  auto done = made_run("r-1", RunState::done, 12);
  done.record.metrics["test/AP"] = 0.25;
  done.record.model_id = "m-1";
  REQUIRE(candidates_table({done, made_run("r-2", RunState::queued, 0)}).to_text() ==
          "run  state   architecture  input  recipe  epochs  images/s        time  val AP  val AP50  of "
          "epoch  test AP  model\n"
          "---  ------  ------------  -----  ------  ------  --------  ----------  ------  --------  "
          "--------  -------  -----\n"
          "r-1  done    yolox-nano    64x64           12/12      30.0  2 min 00 s   0.400     0.750         "
          "8    0.250  m-1\n"
          "r-2  queued  yolox-nano    64x64               0       n/a         n/a     n/a       n/a       "
          "n/a      n/a  -\n");
}

TEST_CASE("run report: the page holds curves, candidates, epochs and options with their origin") {
  auto run = made_run("r-1", RunState::stopped, 12);
  run.record.message = "killed";
  run.options = {{"batch", "4", "--batch"}, {"epochs", "12", ""}};
  run.findings = {
      {"class-without-boxes", false, "class 'disc' has no box in the val split", "move some there"}};
  auto page = run_page({run, made_run("r-2", RunState::done, 6)}, 0, "Made by a test");
  for (const char* part :
       {"Training of yolox-nano 64x64", "stopped: killed; continue it with: ds-train run --resume r-1",
        ">Loss<", ">AP on val<", ">AP per class on val<", ">Learning rate<", ">Images a second in training<",
        ">Norm of the gradient<", "\"closing part\"", ">Candidates<", "#2 yolox-nano 64x64",
        "\">batch</td><td class=\"left\">4</td><td class=\"left\">--batch</td>",
        "<td class=\"left\">12</td><td class=\"left\">built in</td>", "Made by a test",
        "In the data: class &#39;disc&#39; has no box in the val split; move some there"})
    REQUIRE((has(page, part) || (UNSCOPED_INFO(part), false)));
  // The class without objects has no curve.
  REQUIRE_FALSE(has(page, R"("label":"square")"));
  REQUIRE(has(page, R"("label":"disc")"));
}

TEST_CASE("run report: a page about a run that has not begun") {
  auto page = run_page({made_run("r-1", RunState::queued, 0)}, 0);
  REQUIRE(has(page, "No epoch has ended yet."));
  REQUIRE_FALSE(has(page, "<canvas"));
  REQUIRE_FALSE(has(page, "Candidates"));
}

TEST_CASE("run report: of many classes the page shows the eight worst") {
  auto run = made_run("r-1", RunState::done, 2, 2);
  run.epochs[1].class_ap.clear();
  for (int i = 0; i < 10; ++i) run.epochs[1].class_ap.emplace_back("c" + std::to_string(i), 0.9 - 0.05 * i);
  auto page = run_page({run}, 0);
  REQUIRE(has(page, "The 8 classes of the lowest AP in epoch 2, of 10."));
  REQUIRE(has(page, R"("label":"c9")"));
  REQUIRE_FALSE(has(page, R"("label":"c1")"));
}

TEST_CASE("run report: a picture of one run, and of several over each other") {
  // 18 + 24 + 18 points for the head, three panels of 240, 4 at the end; two pixels a point
  auto one = decode_image(run_picture({made_run("r-1", RunState::done, 12)}), "one");
  REQUIRE(one.cols == 1800);
  REQUIRE(one.rows == 2 * (60 + 3 * 240 + 4));
  const cv::Vec3b blue(201, 99, 37), orange(12, 65, 194), green(61, 128, 21);
  REQUIRE(pixels_of(one, blue) > 3000);
  REQUIRE(pixels_of(one, orange) > 1000);  // a part of the loss, and AP50
  REQUIRE(pixels_of(one, green) > 1000);   // the other part
  auto two = decode_image(
      run_picture({made_run("r-1", RunState::done, 12), made_run("r-2", RunState::done, 6)}), "two");
  REQUIRE(two.size() == one.size());
  REQUIRE(pixels_of(two, orange) > 1000);
  REQUIRE(pixels_of(two, green) == 0);
}
