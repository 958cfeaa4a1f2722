#include "formats.h"

namespace ds {

const Registry<AnnotationFormat>& annotation_formats() {
  static const auto registry = [] {
    using namespace detail;
    Registry<AnnotationFormat> formats("annotation format");
    formats.add("coco", "COCO JSON: instances, key points", {detect_coco, read_coco, write_coco});
    formats.add("voc", "Pascal VOC XML", {detect_voc, read_voc, write_voc});
    formats.add("yolo", "Ultralytics YOLO: data.yaml, box and outline rows",
                {detect_ultralytics, read_ultralytics, write_ultralytics});
    formats.add("darknet", "YOLO darknet: obj.data, or images with classes.txt",
                {detect_darknet, read_darknet, write_darknet});
    return formats;
  }();
  return registry;
}

}  // namespace ds
