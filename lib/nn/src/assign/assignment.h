#pragma once

/// What the assignments of anchor-free heads work on, as plain numbers.
namespace ds::detail {

/// An object as the assignment sees it, in input pixels.
struct AssignObject {
  float cx = 0;
  float cy = 0;
  float width = 0;
  float height = 0;
  int class_idx = 0;
};

struct Assignment {
  int anchor_idx = 0;
  int object_idx = 0;
  float iou = 0;  // of the anchor's decoded prediction with the object
};

}  // namespace ds::detail
