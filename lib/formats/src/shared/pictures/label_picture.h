#pragma once

#include <cstdint>
#include <string>
#include <vector>

/// PNG pictures whose pixels are numbers: what a pixel shows, not how it looks.
namespace ds::detail {

/// The colour 0xRRGGBB of an index in Pascal VOC's palette (VOCcolormap of the devkit): the bits of the index
/// are dealt to red, green and blue, lowest first, from the top bit of each down.
std::uint32_t voc_colour(std::uint32_t index);

struct LabelPicture {
  /// Set in the value of a pixel whose colour stands in no palette; the colour is in the bits below.
  static constexpr std::uint32_t kColour = 0x1000000;

  int width = 0;
  int height = 0;
  /// Row by row: the index of a palette picture, the level of a grey one; of a colour picture the index that
  /// has the colour in VOC's palette, else the colour with kColour.
  std::vector<std::uint32_t> values;
  std::vector<std::uint32_t> palette;  // colours by index; empty: the picture has none

  std::uint32_t colour_of(std::uint32_t value) const;
};

/// Throws DataError naming `name` when the bytes are no PNG of 1 to 8 bits, or not of this size.
LabelPicture read_label_picture(const std::string& bytes, const std::string& name, int width, int height);
/// As above for pictures of any size whose pixels are ids of up to 16 bits. Throws DataError naming `name` when
/// the bytes are no PNG, or one of colours.
LabelPicture read_id_picture(const std::string& bytes, const std::string& name);

}  // namespace ds::detail
