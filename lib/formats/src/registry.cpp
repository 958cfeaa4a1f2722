#include "coco/format.h"
#include "createml/format.h"
#include "csv/format.h"
#include "cvat/format.h"
#include "datumaro/format.h"
#include "dota/format.h"
#include "keras_txt/format.h"
#include "kitti/format.h"
#include "label_studio/format.h"
#include "labelme/format.h"
#include "mot/format.h"
#include "mots/format.h"
#include "open_images/format.h"
#include "supervisely/format.h"
#include "tfrecord/format.h"
#include "via/format.h"
#include "visdrone/format.h"
#include "voc/format.h"
#include "vott/format.h"
#include "yolo/darknet.h"
#include "yolo/ultralytics.h"

namespace ds {

const Registry<AnnotationFormat>& annotation_formats() {
  static const auto registry = [] {
    using namespace detail;
    Registry<AnnotationFormat> formats("annotation format");
    formats.add("coco", "COCO JSON: instances, key points", coco_format());
    formats.add("voc", "Pascal VOC XML", voc_format());
    formats.add("yolo", "Ultralytics YOLO: data.yaml, box and outline rows", ultralytics_format());
    formats.add("darknet", "YOLO darknet: obj.data, or images with classes.txt", darknet_format());
    formats.add("cvat", "CVAT XML 1.1: images, or a video's tracks", cvat_format());
    formats.add("kitti", "KITTI detection: image_2 and label_2", kitti_format());
    formats.add("dota", "DOTA: images and labelTxt, four corners a row", dota_format());
    formats.add("mot", "MOT Challenge: gt.txt, seqinfo.ini", mot_format());
    formats.add("open-images", "Open Images CSV: boxes, image labels, masks", open_images_format());
    formats.add("labelme", "LabelMe JSON, also X-AnyLabeling's; reads MIT LabelMe XML", labelme_format());
    formats.add("label-studio", "Label Studio JSON", label_studio_format());
    formats.add("datumaro", "Datumaro JSON", datumaro_format());
    formats.add("tfrecord", "TFRecord of the TF Object Detection API, pictures inside", tfrecord_format());
    formats.add("via", "VGG Image Annotator: JSON, tables read", via_format());
    formats.add("createml", "CreateML JSON", createml_format());
    formats.add("vott", "VoTT: JSON export, asset files, or CSV export", vott_format());
    formats.add("csv", "CSV tables with one box a row, columns told by their headers", csv_format());
    formats.add("supervisely", "Supervisely project: meta.json, a folder of ann and img a dataset",
                supervisely_format());
    formats.add("keras-txt", "Keras TXT and YOLOv4 PyTorch TXT: _annotations.txt, _classes.txt",
                keras_txt_format());
    formats.add("visdrone", "VisDrone detection: annotations and images", visdrone_format());
    formats.add("mots", "MOTS: masks with tracks as 16-bit PNG, or run lengths in gt.txt", mots_format());
    return formats;
  }();
  return registry;
}

std::vector<std::string> formats_to_write() {
  std::vector<std::string> names;
  for (const auto& format : annotation_formats().entries())
    if (format.value.write) names.push_back(format.name);
  return names;
}

}  // namespace ds
