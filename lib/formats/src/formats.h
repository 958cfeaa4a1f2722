#pragma once

#include "ds/formats/annotation_format.h"

/// What each format's file offers; registry.cpp puts them together.
namespace ds::detail {

AnnotationFormat coco_format();
AnnotationFormat cvat_format();
AnnotationFormat createml_format();
AnnotationFormat csv_format();
AnnotationFormat darknet_format();
AnnotationFormat dota_format();
AnnotationFormat kitti_format();
AnnotationFormat datumaro_format();
AnnotationFormat label_studio_format();
AnnotationFormat mot_format();
AnnotationFormat open_images_format();
AnnotationFormat labelme_format();
AnnotationFormat tfrecord_format();
AnnotationFormat ultralytics_format();
AnnotationFormat via_format();
AnnotationFormat voc_format();
AnnotationFormat vott_format();

}  // namespace ds::detail
