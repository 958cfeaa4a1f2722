// Pascal VOC's SegmentationObject and SegmentationClass: masks find their objects.
#include <png.h>

#include "ds/base/error.h"
#include "ds/formats/voc/options.h"
#include "ds/media/synthetic_scene.h"
#include "fixtures/format_fixture.h"
#include "shared/pictures/label_picture.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;
using Texts = std::vector<std::string>;

constexpr int kWidth = 64;
constexpr int kHeight = 48;

std::string png_of(png_uint_32 format, int width, int height, const void* pixels,
                   const void* colours = nullptr, unsigned count = 0) {
  png_image image{};
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(width);
  image.height = static_cast<png_uint_32>(height);
  image.format = format;
  image.colormap_entries = count;
  png_alloc_size_t size = 0;
  REQUIRE(png_image_write_to_memory(&image, nullptr, &size, 0, pixels, 0, colours) != 0);
  std::string bytes(size, '\0');
  REQUIRE(png_image_write_to_memory(&image, bytes.data(), &size, 0, pixels, 0, colours) != 0);
  bytes.resize(size);
  return bytes;
}

// Pixels that are indices.
struct Canvas {
  int width = kWidth;
  int height = kHeight;
  std::vector<png_byte> pixels = std::vector<png_byte>(static_cast<std::size_t>(width * height));

  Canvas& fill(int x0, int y0, int x1, int y1, int index) {
    for (int y = y0; y < y1; ++y)
      for (int x = x0; x < x1; ++x)
        pixels[static_cast<std::size_t>(y * width + x)] = static_cast<png_byte>(index);
    return *this;
  }
  // A palette picture; of 16 colours at most libpng writes 4 bits a pixel.
  std::string palette(unsigned colours = 256) const {
    std::vector<png_byte> map;
    for (unsigned i = 0; i < colours; ++i) add_colour(map, detail::voc_colour(i));
    return png_of(PNG_FORMAT_RGB_COLORMAP, width, height, pixels.data(), map.data(), colours);
  }
  std::string rgb(const std::map<int, std::uint32_t>& own = {}) const {
    std::vector<png_byte> all;
    for (auto index : pixels) {
      auto known = own.find(index);
      add_colour(all, known == own.end() ? detail::voc_colour(index) : known->second);
    }
    return png_of(PNG_FORMAT_RGB, width, height, all.data());
  }
  static void add_colour(std::vector<png_byte>& to, std::uint32_t colour) {
    for (int shift : {16, 8, 0}) to.push_back(static_cast<png_byte>(colour >> shift & 255));
  }
};

struct Object {
  std::string name;
  std::array<int, 4> box;
};

// One picture a.jpg of 64 x 48 with an XML file whose n-th object stands in line 2 + n.
struct VocWithMasks {
  TemporaryFolder folder;
  VocWithMasks() {
    write_scene_images({.images = 1, .width = kWidth, .height = kHeight}, path("JPEGImages"));
    fs::rename(path("JPEGImages/scene_0000.jpg"), path("JPEGImages/a.jpg"));
  }
  fs::path path(const std::string& name) const { return folder.path() / name; }
  void write(const std::string& name, const std::string& bytes) const {
    write_file_atomically(path(name), bytes);
  }
  void masks(const std::string& objects, const std::string& classes = {}, const std::string& id = "a") const {
    if (!objects.empty()) write("SegmentationObject/" + id + ".png", objects);
    if (!classes.empty()) write("SegmentationClass/" + id + ".png", classes);
  }
  void xml(const std::vector<::Object>& objects) const {
    std::string text = "<annotation>\n<filename>a.jpg</filename>\n";
    for (const auto& [name, box] : objects) {
      text += "<object><name>" + name + "</name><bndbox>";
      static constexpr const char* kTags[] = {"xmin", "ymin", "xmax", "ymax"};
      for (std::size_t i = 0; i < 4; ++i)
        text += std::string("<") + kTags[i] + ">" + std::to_string(box[i]) + "</" + kTags[i] + ">";
      text += "</bndbox></object>\n";
    }
    write("Annotations/a.xml", text + "</annotation>\n");
  }
  ReadResult read() const {
    return read_dataset(folder.path(), "voc", {.own = VocReading{.coords = "asis"}});
  }
};

// Without the note on coordinates, which always comes first.
Texts issues(const ReadResult& result) {
  auto all = issue_texts(result);
  REQUIRE(all.at(0).starts_with("note VOC_COORDS"));
  return {all.begin() + 1, all.end()};
}

Texts kinds(const ReadResult& result, const std::string& image = "a.jpg") {
  Texts all;
  for (const auto& a : image_named(result, image).annotations)
    all.push_back(result.dataset.classes[a.class_idx].name + " " + kind_name(a.shape));
  return all;
}

}  // namespace

TEST_CASE("voc masks: the palette's colours, and pixels of every kind of PNG") {
  REQUIRE(detail::voc_colour(1) == 0x800000);
  REQUIRE(detail::voc_colour(15) == 0xC08080);   // person: 192,128,128
  REQUIRE(detail::voc_colour(20) == 0x004080);   // tvmonitor: 0,64,128
  REQUIRE(detail::voc_colour(255) == 0xE0E0C0);  // void: 224,224,192
  Canvas canvas{4, 2};
  canvas.fill(1, 0, 3, 1, 7).fill(0, 1, 1, 2, 3);
  std::vector<std::uint32_t> expected = {0, 7, 7, 0, 3, 0, 0, 0};
  auto values = [&](const std::string& bytes) { return detail::read_label_picture(bytes, "p", 4, 2).values; };
  REQUIRE(values(canvas.palette()) == expected);
  REQUIRE(values(canvas.palette(8)) == expected);
  REQUIRE(values(canvas.rgb()) == expected);
  REQUIRE(values(png_of(PNG_FORMAT_GRAY, 4, 2, canvas.pixels.data())) == expected);
  // a colour that is in no palette
  expected[4] = detail::LabelPicture::kColour | 0x0A141E;
  REQUIRE(values(canvas.rgb({{3, 0x0A141E}})) == expected);
  std::vector<png_uint_16> deep(8, 500);
  REQUIRE_THROWS_WITH(values(png_of(PNG_FORMAT_LINEAR_Y, 4, 2, deep.data())),
                      "p has 16 bits a channel: its pixels are no indices");
}

TEST_CASE("voc masks: the n-th index is the n-th object's; a void border is no difference from the box") {
  VocWithMasks voc;
  voc.xml({{"cat", {2, 2, 22, 42}}, {"dog", {30, 10, 50, 30}}});
  // the dog fills 32 to 48, 12 to 28, with two pixels of void around
  voc.masks(Canvas().fill(2, 2, 22, 42, 1).fill(30, 10, 50, 30, 255).fill(32, 12, 48, 28, 2).palette(),
            Canvas().fill(2, 2, 22, 42, 8).fill(30, 10, 50, 30, 255).fill(32, 12, 48, 28, 12).palette());
  auto result = voc.read();
  REQUIRE(kinds(result) == Texts{"cat mask", "dog mask"});
  REQUIRE(issues(result).empty());
  const auto& all = image_named(result, "a.jpg").annotations;
  REQUIRE(all[0].box() == Box{2, 2, 22, 42});
  REQUIRE(area_of(all[0].shape) == 20 * 40);
  REQUIRE(all[1].box() == Box{32, 12, 48, 28});
  REQUIRE(area_of(all[1].shape) == 16 * 16);
  REQUIRE(all[1].provenance.place == "4");
  const auto& mask = std::get<RunLengthMask>(all[0].shape);
  // 2 columns of 48 and 2 pixels are outside, then 40 inside and 8 outside for each of 20 columns, the last
  // run to the end: 64 * 48 - (2 * 48 + 2) - 20 * 40 - 19 * 8
  REQUIRE(mask.counts[0] == 2 * 48 + 2);
  REQUIRE(mask.counts[1] == 40);
  REQUIRE(mask.counts.size() == 2 * 20 + 1);
  REQUIRE(mask.counts.back() == 64 * 48 - (2 * 48 + 2) - 20 * 40 - 19 * 8);
}

TEST_CASE("voc masks: a box that differs from its mask is said, the mask counts") {
  VocWithMasks voc;
  voc.xml({{"cat", {2, 2, 22, 42}}});
  voc.masks(Canvas().fill(2, 2, 19, 42, 1).palette());
  auto result = voc.read();
  REQUIRE(kinds(result) == Texts{"cat mask"});
  REQUIRE(issues(result) ==
          Texts{"warning BOX_MASK_MISMATCH a.xml:3: the <bndbox> [2, 2, 22, 42] and the mask's "
                "[2, 2, 19, 42] (x0 y0 x1 y1) differ by 3 pixels; the mask is used"});
}

TEST_CASE("voc masks: when the counts differ, masks go to the boxes they fill") {
  VocWithMasks voc;
  voc.xml({{"cat", {2, 2, 22, 42}}, {"bird", {24, 2, 28, 6}}, {"dog", {30, 10, 50, 30}}});
  voc.masks(Canvas().fill(2, 2, 22, 42, 1).fill(30, 10, 50, 30, 2).palette());
  auto result = voc.read();
  REQUIRE(kinds(result) == Texts{"cat mask", "bird box", "dog mask"});
  REQUIRE(issues(result).empty());
}

TEST_CASE("voc masks: one without an object becomes one, its class by the label map's colours") {
  VocWithMasks voc;
  voc.xml({{"car", {2, 2, 22, 42}}});
  voc.write("labelmap.txt",
            "# label:color_rgb:parts:actions\nbackground:0,0,0::\ncar:10,20,30::\nvan:200,100,50::\n"
            "ignored:224,224,192::\n");
  std::map<int, std::uint32_t> colours = {{8, 0x0A141E}, {9, 0xC86432}};
  // a tenth of the van's pixels are said to be a car's
  voc.masks(Canvas().fill(2, 2, 22, 42, 1).fill(30, 10, 50, 30, 2).rgb(),
            Canvas().fill(2, 2, 22, 42, 8).fill(30, 10, 50, 30, 9).fill(30, 10, 50, 12, 8).rgb(colours));
  auto result = voc.read();
  REQUIRE(result.dataset.classes.names() == Texts{"car", "van"});
  REQUIRE(kinds(result) == Texts{"car mask", "van mask"});
  REQUIRE(issues(result) ==
          Texts{"warning UNMATCHED_MASK a.png: instance 2: no object of the XML is this van; it "
                "becomes an object of its own"});
}

TEST_CASE("voc masks: what cannot be told is left out and said") {
  VocWithMasks voc;
  SECTION("two objects are alike") {
    voc.xml({{"cat", {2, 2, 22, 42}}, {"cat", {2, 2, 22, 42}}});
    voc.masks(Canvas().fill(2, 2, 22, 42, 3).palette(), Canvas().fill(2, 2, 22, 42, 8).palette());
    auto result = voc.read();
    REQUIRE(kinds(result) == Texts{"cat box", "cat box"});
    REQUIRE(issues(result) ==
            Texts{"warning MASK_UNDECIDED a.png: instance 3: it (cat) may be one of 2 objects "
                  "without a mask, but not for sure; left out"});
  }
  SECTION("the object of its number is another class elsewhere") {
    voc.xml({{"cat", {2, 2, 22, 42}}});
    voc.masks(Canvas().fill(30, 10, 50, 30, 1).palette(), Canvas().fill(30, 10, 50, 30, 12).palette());
    auto result = voc.read();
    REQUIRE(kinds(result) == Texts{"cat box"});
    REQUIRE(issues(result) ==
            Texts{"warning MASK_UNDECIDED a.png: instance 1: it (dog) has the number of an object "
                  "of the XML, but neither its place nor its class; left out"});
  }
  SECTION("its class is not known: the names used are not VOC's") {
    voc.xml({{"robot", {2, 2, 22, 42}}});
    voc.masks(Canvas().fill(2, 2, 22, 42, 1).fill(30, 10, 50, 30, 2).palette(),
              Canvas().fill(30, 10, 50, 30, 12).palette());
    auto result = voc.read();
    REQUIRE(kinds(result) == Texts{"robot mask"});
    REQUIRE(issues(result) ==
            Texts{"warning MASK_UNDECIDED a.png: instance 2: it belongs to no object of the XML, and "
                  "SegmentationClass does not say its class; left out"});
  }
}

TEST_CASE("voc masks: pictures that cannot be used leave the boxes") {
  VocWithMasks voc;
  voc.xml({{"cat", {2, 2, 22, 42}}});
  auto good = Canvas().fill(2, 2, 22, 42, 1).palette();
  auto message = [&](const std::string& bytes) {
    voc.masks(bytes);
    auto result = voc.read();
    REQUIRE(kinds(result) == Texts{"cat box"});
    REQUIRE(issues(result).size() == 1);
    return issues(result)[0];
  };
  REQUIRE(message(Canvas{32, 48}.palette()) ==
          "error BAD_SEGMENTATION a.png: it is 32x48, its image 64x48; the picture is not used");
  REQUIRE(message("no picture") ==
          "error BAD_SEGMENTATION a.png: it is no sound PNG: Not a PNG file; the picture is not used");
  REQUIRE(message(good.substr(0, good.size() - 40)) ==
          "error BAD_SEGMENTATION a.png: it is no sound PNG: the data end early; the picture is not used");
}

TEST_CASE("voc masks: an image without XML has its masks as objects; classes alone say none") {
  VocWithMasks voc;
  fs::copy_file(voc.path("JPEGImages/a.jpg"), voc.path("JPEGImages/b.jpg"));
  voc.xml({{"cat", {2, 2, 22, 42}}});
  voc.masks({}, Canvas().fill(2, 2, 22, 42, 8).palette());
  voc.masks(Canvas().fill(2, 2, 22, 42, 1).fill(30, 10, 50, 30, 2).palette(),
            Canvas().fill(2, 2, 22, 42, 15).fill(30, 10, 50, 30, 15).palette(), "b");
  auto result = voc.read();
  REQUIRE(kinds(result) == Texts{"cat box"});
  REQUIRE(kinds(result, "b.jpg") == Texts{"person mask", "person mask"});
  REQUIRE(image_named(result, "b.jpg").state == ImageState::done);
  REQUIRE(issues(result).empty());
  REQUIRE(
      result.notes ==
      Texts{"1 picture of SegmentationClass without one in SegmentationObject: it says classes, no objects; "
            "not read"});
}

TEST_CASE("voc masks: the shared fixture's one mask contradicts its XML; the two boxes stay") {
  if (assets_are_absent()) return;
  auto result = read_dataset(asset("voc_dataset/voc_dataset1"), "auto");
  REQUIRE(result.dataset.images.size() == 2);
  REQUIRE(kinds(result, "2007_000001.jpg") == Texts{"cat box", "person box"});
  // index 1 is the cat's, but all of the picture has index 1 and is a bicycle
  auto texts = issue_texts(result);
  REQUIRE(std::count(
              texts.begin(), texts.end(),
              "warning MASK_UNDECIDED 2007_000001.png: instance 1: it (bicycle) has the number of an object "
              "of the XML, but neither its place nor its class; left out") == 1);
}

// CVAT's export "Segmentation mask 1.1" has masks, a label map and a list, and no XML.
TEST_CASE("voc masks: without any XML each mask is an object, its class by the label map") {
  VocWithMasks voc;
  voc.write("labelmap.txt", "# label:color_rgb:parts:actions\nbackground:0,128,0::\nship:10,20,30::\n");
  voc.write("ImageSets/Segmentation/train.txt", "a\nb\n");
  Canvas objects;
  objects.fill(2, 3, 12, 9, 1).fill(20, 3, 30, 9, 2);
  Canvas classes;
  classes.fill(2, 3, 12, 9, 3).fill(20, 3, 30, 9, 3);
  auto colours = classes.rgb({{0, 0x008000}, {3, 0x0A141E}});
  voc.masks(objects.rgb(), colours);
  voc.masks(objects.rgb(), colours, "b");
  auto detected = detect_format(voc.folder.path());
  REQUIRE(detected);
  REQUIRE(detected->name == "voc");
  REQUIRE(detected->evidence == "SegmentationObject/a.png says which pixels are which object");
  auto result = read_dataset(voc.folder.path(), "auto");
  REQUIRE(issue_texts(result) ==
          Texts{"note VOC_COORDS " + voc.folder.path().filename().string() +
                    ": coordinates read as 'asis': there is no <bndbox>",
                "error MISSING_IMAGE b.png: 'b' has no picture; say with --images where the pictures are"});
  REQUIRE(result.dataset.classes.names() == Texts{"ship"});
  REQUIRE(objects_of(result, "a.jpg") ==
          std::vector<testing::Object>{{"ship", {2, 3, 10, 6}}, {"ship", {20, 3, 10, 6}}});
  REQUIRE(kinds(result) == Texts{"ship mask", "ship mask"});
  REQUIRE(image_named(result, "a.jpg").split == Split::train);
  REQUIRE(image_named(result, "a.jpg").state == ImageState::done);
  REQUIRE(image_named(result, "b.png").annotations.size() == 2);
  REQUIRE(result.files[0].filename() == "a.jpg");
  REQUIRE(result.files[1].empty());
}

TEST_CASE("voc masks: pictures of masks without XML are found where --images says") {
  VocWithMasks voc;
  fs::create_directories(voc.path("pictures"));
  fs::rename(voc.path("JPEGImages/a.jpg"), voc.path("pictures/a.jpg"));
  voc.write("labels/labelmap.txt", "ship:128,0,0::\n");
  Canvas canvas;
  canvas.fill(2, 3, 12, 9, 1);
  voc.write("labels/SegmentationObject/a.png", canvas.rgb());
  voc.write("labels/SegmentationClass/a.png", canvas.rgb());
  auto result = read_dataset(voc.path("labels"), "auto", {.images = voc.path("pictures")});
  REQUIRE(result.files == std::vector<fs::path>{voc.path("pictures/a.jpg")});
  REQUIRE(objects_of(result, "a.jpg") == std::vector<testing::Object>{{"ship", {2, 3, 10, 6}}});
}
